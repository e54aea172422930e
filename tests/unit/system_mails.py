"""Builders of what the kiosk writes about itself: a day with everything in it, a quiet one, alarms of every kind."""

from datetime import date, time, timedelta
from typing import Any

from kiosk.domain.disk_room import MEBIBYTE, DiskRoom
from kiosk.domain.severity import Severity
from kiosk.domain.troubles import running
from kiosk.mail.envelope import Addressee, Recipient, Stationery
from kiosk.mail.system.absence import AbsencesTold, ToldAbsence
from kiosk.mail.system.accounts import AccountsChanged, ToldChange
from kiosk.mail.system.alarm import Alarm, TroubleChange
from kiosk.mail.system.daily import Bulletin, Counted, KioskState, WaitingReport
from kiosk.mail.system.digest import Digest, DigestGroup, DigestLine
from kiosk.mail.system.restored import Restored
from kiosk.mail.system.retention import ComingPurge, GoingReport
from kiosk.mail.system.system_mail import Content, SystemMail, compose_system_mail
from kiosk.mail.system.trial import Trial
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


FRAME: dict[str, Any] = {
    "identity": "20261121-070000-0f0f0f0f",
    "name": "Borne du hall",
    "organisation": "CPCAM 13",
    "written_at": RECEIVED,
    "console_url": CONSOLE,
    "trace": TRACE,
    "version": "0.1.0",
}
STATE: dict[str, Any] = {
    "undelivered": 2,
    "undelivered_since": RECEIVED - timedelta(minutes=25),
    "held": 1,
    "relay": "up",
    "certificate_until": RECEIVED + timedelta(days=12),
    "disk": DiskRoom(free=12_345 * MEBIBYTE),
    "clock_ok": True,
    "troubles": (
        running.HELD.found(held=1, refused="DPO (signalement K7M-3QX-9PD)\u00a0: 550 5.1.1"),
        running.AUDIENCE.found(who="Responsable d'immeuble, Suppléant"),
    ),
}


def composed(content: Content, recipient: Recipient = MSSI, *, to: Stationery = STATIONERY, **frame: Any) -> Mail:
    (done,) = compose_system_mail(SystemMail(content=content, **(FRAME | frame)), [Addressee(recipient, to)])
    return Mail(done.whole, done.fallback)


def framed(changes: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What of the changes is of the frame and its stationery (``to``), and what of the words in it."""
    frame = FRAME.keys() | {"to"}
    return {k: v for k, v in changes.items() if k in frame}, {k: v for k, v in changes.items() if k not in frame}


def bulletin(**changes: Any) -> Bulletin:
    told: dict[str, Any] = {
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
    }
    state = STATE | {name: value for name, value in changes.items() if name in STATE}
    told |= {name: value for name, value in changes.items() if name not in STATE}
    return Bulletin(state=KioskState(**state), **told)


def daily_mail(**changes: Any) -> Mail:
    frame, told = framed(changes)
    return composed(bulletin(**told), **frame)


def alarm_mail(**changes: Any) -> Mail:
    refused = "sa réponse : 535 5.7.8 authentication <b>failed</b>"
    frame, told = framed(changes)
    alarm: dict[str, Any] = {
        "changes": (
            TroubleChange(trouble=running.RELAY_REFUSED, since=RECEIVED - timedelta(minutes=6), detail=refused),
            TroubleChange(trouble=running.DISK, since=NIGHT, until=RECEIVED),
        ),
        "still": (TroubleChange(trouble=running.AUDIENCE, since=RECEIVED - timedelta(days=2)),),
    }
    return composed(Alarm(**(alarm | told)), **frame)


def over(**changes: Any) -> Mail:
    """The kiosk was stopped, and is back."""
    back = (TroubleChange(trouble=running.FORWARDER, since=NIGHT, until=RECEIVED),)
    return alarm_mail(**{"changes": back, "still": (), **changes})


def digest_mail(**changes: Any) -> Mail:
    """Two reports of one kind, one of them not joined, and an escalation about a third."""
    lines = [
        DigestLine(
            f"7K4-92Q-MX{number}", Severity.NORMAL, NIGHT, f"{CONSOLE}/reports/7K4-92Q-MX{number}", about, joined
        )
        for number, about, joined in ((3, "", True), (4, "", False), (5, "relance", True))
    ]
    groups = (
        DigestGroup(Severity.NORMAL, "Virus ou comportement anormal d'un poste", "Siège", tuple(lines[:2])),
        DigestGroup(Severity.CRITICAL, "Badge, clé ou code perdu ou volé", "Siège · Hall", tuple(lines[2:])),
    )
    frame, told = framed(changes)
    return composed(Digest(**({"groups": groups, "recent": 303, "alone": 40, "every": 5} | told)), **frame)


def retention_mail(**changes: Any) -> Mail:
    """Two reports are named, of three that will lose their content."""
    titles = ("Badge, clé ou code perdu ou volé", "Virus ou comportement anormal d'un poste")
    going = tuple(
        GoingReport(reference, title, "Siège", NIGHT - timedelta(days=365), date(2026, 12, 1))
        for reference, title in zip(("7K4-92Q-MX3", "0AB-CDE-F12"), titles, strict=True)
    )
    frame, told = framed(changes)
    return composed(ComingPurge(**({"going": going, "count": 3, "notice": 7} | told)), **frame)


def restored_mail(**changes: Any) -> Mail:
    """Of one of the two mails that may come twice the report is known."""
    frame, told = framed(changes)
    restored: dict[str, Any] = {
        "saved_at": NIGHT,
        "restored_at": RECEIVED,
        "doubtful": ("7K4-92Q-MX3",),
        "mails": 2,
        "sequence": 1234,
    }
    return composed(Restored(**(restored | told)), **frame)


def absence_mail(**changes: Any) -> Mail:
    """One that was noted, one that was cancelled, one that ended early."""
    frame, told = framed(changes)
    week, week_ago = RECEIVED + timedelta(days=7), RECEIVED - timedelta(days=7)
    noted = (
        ToldAbsence(who="Camille Martin", starts_at=RECEIVED, ends_at=week, by="Anne Duval"),
        ToldAbsence(who="Zoe Martin", starts_at=week, ends_at=week, by="Anne Duval", ended_by="Camille Martin"),
        ToldAbsence(who="Zoe Martin", starts_at=week_ago, ends_at=RECEIVED, by="Zoe Martin", ended_by="Zoe Martin"),
    )
    return composed(AbsencesTold(**({"changes": noted} | told)), **frame)


def accounts_mail(**changes: Any) -> Mail:
    """A newcomer, confirmed by a colleague, and a new recovery key."""
    frame, told = framed(changes)
    made = (
        ToldChange(
            "zoe.martin", "compte créé ou rouvert : suppléant, Siège", "par la borne ou sa ligne de commande", NIGHT
        ),
        ToldChange("zoe.martin", "empreinte 7K4M-92QX-MX3A-0BCD confirmée", "par anna", RECEIVED),
        ToldChange("Clé de secours", "remplacée, empreinte 0BCD-7K4M-92QX-MX3A", "par anna", RECEIVED),
    )
    return composed(AccountsChanged(**({"changes": made} | told)), **frame)


def trial_mail(**frame: Any) -> Mail:
    return composed(Trial(), **frame)
