"""Builders of what the kiosk writes about itself: a day with everything in it, a quiet one, alarms of every kind."""

from datetime import date, time, timedelta
from typing import Any

from kiosk.domain.severity import Severity
from kiosk.domain.troubles import running
from kiosk.mail.system.alarm import Alarm, TroubleChange, compose_alarm
from kiosk.mail.system.daily import Bulletin, Counted, WaitingReport, compose_daily
from kiosk.mail.system.retention import Going, Outline, compose_retention
from tests.unit.mails import MSSI, RECEIVED, STATIONERY, TRACE, Mail

CONSOLE = "https://borne.example:8081"
NIGHT = RECEIVED - timedelta(hours=3)
QUIET: dict[str, Any] = {
    "counted": (),
    "hidden": 0,
    "last_report": 11,
    "waiting": (),
    "waiting_count": 0,
    "waiting_since": None,
    "undecided": 0,
    "undecided_until": None,
    "undelivered": 0,
    "undelivered_since": None,
    "held": 0,
    "troubles": (),
    "certificate_until": None,
}


def bulletin(**changes: Any) -> Bulletin:
    told: dict[str, Any] = {
        "name": "Borne du hall",
        "organisation": "CPCAM 13",
        "day": date(2026, 11, 21),
        "since": RECEIVED - timedelta(days=1),
        "until": RECEIVED,
        "daily_at": time(7),
        "counted": (
            Counted("Siège", "Badge, clé ou code perdu ou volé", Severity.CRITICAL, 2),
            Counted("Annexe Saint-Charles", "Virus ou comportement anormal d'un poste", Severity.NORMAL, 1),
        ),
        "hidden": 1,
        "first_report": 12,
        "last_report": 15,
        "first_event": 101,
        "last_event": 1440,
        "waiting": (
            WaitingReport("7K4-92Q-MX3", "Badge, clé ou code perdu ou volé", Severity.CRITICAL, "Siège", NIGHT),
        ),
        "waiting_count": 3,
        "waiting_since": NIGHT,
        "undecided": 2,
        "undecided_until": NIGHT + timedelta(hours=72),
        "undelivered": 2,
        "undelivered_since": RECEIVED - timedelta(minutes=25),
        "held": 1,
        "relay": "up",
        "certificate_until": RECEIVED + timedelta(days=12),
        "disk_free": 12_345 * 1024 * 1024,
        "clock_ok": True,
        "troubles": (
            running.HELD.found(held=1),
            running.AUDIENCE.found(who="Responsable d'immeuble, Suppléant"),
        ),
        "demo": False,
        "console_url": CONSOLE,
        "trace": TRACE,
        "version": "0.1.0",
    }
    return Bulletin(**(told | changes))


def alarm(**changes: Any) -> Alarm:
    refused = "sa réponse : 535 5.7.8 authentication <b>failed</b>"
    told: dict[str, Any] = {
        "name": "Borne du hall",
        "organisation": "CPCAM 13",
        "changes": (
            TroubleChange(trouble=running.RELAY_REFUSED, since=RECEIVED - timedelta(minutes=6), detail=refused),
            TroubleChange(trouble=running.DISK, since=NIGHT, until=RECEIVED),
        ),
        "still": (TroubleChange(trouble=running.AUDIENCE, since=RECEIVED - timedelta(days=2)),),
        "written_at": RECEIVED,
        "demo": False,
        "console_url": CONSOLE,
        "trace": TRACE,
        "version": "0.1.0",
    }
    return Alarm(**(told | changes))


def daily_mail(**changes: Any) -> Mail:
    composed = compose_daily(bulletin(**changes), MSSI, STATIONERY, identity="20261121-070000-0f0f0f0f")
    return Mail(composed.body, composed.fallback)


def alarm_mail(**changes: Any) -> Mail:
    composed = compose_alarm(alarm(**changes), MSSI, STATIONERY, identity="20261121-091200-0f0f0f0f")
    return Mail(composed.body, composed.fallback)


def over(**changes: Any) -> Mail:
    """The kiosk was stopped, and is back."""
    back = (TroubleChange(trouble=running.FORWARDER, since=NIGHT, until=RECEIVED),)
    return alarm_mail(**{"changes": back, "still": (), **changes})


def retention_mail(**changes: Any) -> Mail:
    """Two reports are named, of three that will lose their content."""
    titles = ("Badge, clé ou code perdu ou volé", "Virus ou comportement anormal d'un poste")
    told: dict[str, Any] = {
        "name": "Borne du hall",
        "organisation": "CPCAM 13",
        "going": tuple(
            Going(reference, title, "Siège", NIGHT - timedelta(days=365), date(2026, 12, 1))
            for reference, title in zip(("7K4-92Q-MX3", "0AB-CDE-F12"), titles, strict=True)
        ),
        "count": 3,
        "notice": 7,
        "written_at": RECEIVED,
        "demo": False,
        "console_url": CONSOLE,
        "trace": TRACE,
        "version": "0.1.0",
    }
    composed = compose_retention(Outline(**(told | changes)), MSSI, STATIONERY, identity="20261121-091200-0f0f0f0f")
    return Mail(composed.body, composed.fallback)
