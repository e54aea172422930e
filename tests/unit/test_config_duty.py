"""Business hours and waiting times as somebody writes them in kiosk.toml."""

from datetime import date, time
from pathlib import Path

import pytest

from kiosk.config.duty import Closure, Day
from kiosk.domain.severity import Severity
from kiosk.errors import SettingsError
from tests.unit.test_config import load


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


@pytest.mark.parametrize(
    ("toml", "named"),
    [
        ("[duty.acknowledge]\ncritical = 0", "duty.acknowledge"),
        ("[duty.step]\nhigh = 100000", "duty.step"),
        ("[duty.acknowledge]\nurgent = 5", "duty.acknowledge.urgent"),
        ("[duty]\nround_the_clock = ['low']", "duty.round_the_clock"),
        ("[duty.calendar]\nopens = '18:00'", "duty.calendar.closes"),
        ("[duty.calendar]\nopens = 7", "duty.calendar.opens"),
        ("[duty.calendar]\nopens = '7 h'", "duty.calendar.opens"),
        ("[duty.calendar]\nopens = '07:30+02:00'", "duty.calendar.opens"),
        ("[duty.calendar]\ndays = []", "duty.calendar.days"),
        ("[duty.calendar]\ndays = ['lundi']", "duty.calendar.days"),
        ("[duty.calendar]\nclosures = ['next week']", "duty.calendar.closures"),
        ("[duty.calendar]\nclosures = [2026-05-15T00:00:00]", "duty.calendar.closures"),
        ("[duty.calendar]\nclosures = ['2026-05-15..2026-05-14']", "duty.calendar.closures"),
        ("[duty.calendar]\nclosures = ['2026-05-15..2036-05-14']", "duty.calendar.closures"),
        ("[[sites]]\nid='a'\nname='x'\ncalendar={opens='17:00'}", "sites.a.calendar"),
        ("duty = 3", "duty"),
    ],
)
def test_wrong_hours_stop_the_start_with_one_sentence_that_names_them(tmp_path: Path, toml: str, named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, toml)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)
