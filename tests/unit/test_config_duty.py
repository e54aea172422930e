"""Business hours and waiting times as somebody writes them in kiosk.toml."""

from datetime import date, time
from pathlib import Path

import pytest

from kiosk.config.duty import Closure, Day
from kiosk.domain.severity import Severity
from tests.unit.test_config import load, refusal


def test_a_closure_is_a_day_or_a_first_and_a_last_day_as_text_or_as_a_date_of_toml(tmp_path: Path) -> None:
    toml = '[duty.calendar]\nclosures = ["2026-05-15", 2026-05-16, "2026-12-24..2027-01-02"]\n'
    bridge, saturday, winter = load(tmp_path, toml).duty.calendar.closures
    assert bridge == Closure(first=date(2026, 5, 15), last=date(2026, 5, 15))
    assert saturday.last == date(2026, 5, 16)
    assert winter == Closure(first=date(2026, 12, 24), last=date(2027, 1, 2))


def test_what_a_sites_calendar_leaves_out_is_as_in_the_organisations(tmp_path: Path) -> None:
    toml = """
    [duty.calendar]
    opens = 08:00:00
    closures = ["2026-05-15"]
    [[sites]]
    id = "nord"
    name = "Nord"
    calendar = { closes = "18:00" }
    [[sites]]
    id = "sud"
    name = "Sud"
    """
    settings = load(tmp_path, toml)
    north = settings.sites[0].calendar
    assert north is not None
    assert (north.opens, north.closes, len(north.closures)) == (time(8), time(18), 1)
    assert settings.sites[1].calendar is None


def test_the_environment_sets_duty_too(tmp_path: Path) -> None:
    environment = {
        "KIOSK_DUTY__ACKNOWLEDGE__CRITICAL": "5",
        "KIOSK_DUTY__CALENDAR__OPENS": "06:00",
        "KIOSK_DUTY__CALENDAR__DAYS": "monday, tuesday",
        "KIOSK_DUTY__CALENDAR__CLOSURES": "2026-05-15, 2026-12-24..2026-12-31",
        "KIOSK_DUTY__ROUND_THE_CLOCK": "critical, high",
    }
    duty = load(tmp_path, **environment).duty
    assert (duty.acknowledge.critical, duty.calendar.opens) == (5, time(6))
    assert duty.calendar.days == (Day.MONDAY, Day.TUESDAY)
    assert len(duty.calendar.closures) == 2
    assert duty.round_the_clock == (Severity.CRITICAL, Severity.HIGH)


MINUTES = "doit être compris entre 1 et 10080 minutes."
LATER = "doit être plus tard que « opens » (00:00 est la fin du jour)."
HOUR = "doit être une heure, par exemple 07:30."
DAY = "doit être un jour, par exemple 2026-12-24."
LAST = "doit suivre le premier jour, 366 jours plus tard au plus."
DAYS = "monday, tuesday, wednesday, thursday, friday, saturday, sunday"


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ("[duty.acknowledge]\ncritical = 0", f"« duty.acknowledge.critical » {MINUTES}"),
        ("[duty.step]\nhigh = 100000", f"« duty.step.high » {MINUTES}"),
        ("[duty.acknowledge]\nurgent = 5", "« duty.acknowledge.urgent » n'est pas un réglage."),
        (
            "[duty]\nround_the_clock = ['low']",
            "« duty.round_the_clock » nº 1 doit être l'une de ces valeurs : critical, high, normal.",
        ),
        ("[duty.calendar]\nopens = '18:00'", f"« duty.calendar.closes » {LATER}"),
        ("[duty.calendar]\nopens = 7", f"« duty.calendar.opens » {HOUR}"),
        ("[duty.calendar]\nopens = '7 h'", f"« duty.calendar.opens » {HOUR}"),
        ("[duty.calendar]\nopens = '07:30+02:00'", f"« duty.calendar.opens » {HOUR}"),
        ("[duty.calendar]\nopens = '07:30:00+02:00'", f"« duty.calendar.opens » {HOUR}"),
        ("[mail]\ndaily_at = '7'", f"« mail.daily_at » {HOUR}"),
        ("[duty.calendar]\ndays = []", "« duty.calendar.days » est vide : il faut au moins un jour ouvré."),
        ("[duty.calendar]\ndays = ['lundi']", f"« duty.calendar.days » nº 1 doit être l'une de ces valeurs : {DAYS}."),
        ("[duty.calendar]\nclosures = ['next week']", f'[[duty.calendar.closures]] "next week" : « first » {DAY}'),
        (
            "[duty.calendar]\nclosures = [2026-05-15T00:00:00]",
            f'[[duty.calendar.closures]] "2026-05-15 00:00:00" : « first » {DAY}',
        ),
        ("[duty.calendar]\nclosures = [2026-01-01, 3]", "« duty.calendar.closures » nº 2 doit être une table."),
        (
            "[duty.calendar]\nclosures = [2026-01-01, '2026-05-15..2026-05-14']",
            f'[[duty.calendar.closures]] "2026-05-15" : « last » {LAST}',
        ),
        (
            "[duty.calendar]\nclosures = ['2026-05-15..2036-05-14']",
            f'[[duty.calendar.closures]] "2026-05-15" : « last » {LAST}',
        ),
        ("[[sites]]\nid='a'\nname='x'\ncalendar={opens='17:00'}", f'[[sites]] "a" : « calendar.closes » {LATER}'),
        ("duty = 3", "« duty » doit être une table."),
    ],
)
def test_wrong_hours_stop_the_start_with_one_sentence(tmp_path: Path, toml: str, sentence: str) -> None:
    assert refusal(tmp_path, toml) == sentence
