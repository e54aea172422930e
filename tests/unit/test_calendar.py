"""By when somebody must have answered, on French business hours."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.clock import PARIS
from kiosk.config import Settings
from kiosk.config.duty import Calendar, Closure, Day, Duty
from kiosk.domain.severity import Severity
from kiosk.duty import calendar as business
from kiosk.duty.calendar import acknowledge_by

SETTINGS = Settings(instance=Path("/nowhere"))
ROUND_THE_CLOCK = Calendar(opens=time(0), closes=time(0), days=tuple(Day), public_holidays=False)

YEARS = (datetime(2016, 1, 1), datetime(2037, 1, 1))  # noqa: DTZ001 - Hypothesis gives them their zone

moments = st.datetimes(*YEARS, timezones=st.just(UTC))
spans = st.integers(1, 5 * 9 * 60).map(lambda minutes: timedelta(minutes=minutes))
closures = st.builds(
    lambda first, days: Closure(first=first, last=first + timedelta(days=days)),
    st.dates(date(2016, 1, 1), date(2036, 1, 1)),
    st.integers(0, 30),
)
calendars = st.builds(
    lambda opens, hours, days, holidays, closed: Calendar(
        opens=time(opens),
        closes=time((opens + hours) % 24),
        days=tuple(sorted(days, key=list(Day).index)),
        public_holidays=holidays,
        closures=tuple(closed),
    ),
    st.integers(0, 11),
    st.integers(1, 13).filter(lambda hours: hours > 0),
    st.sets(st.sampled_from(Day), min_size=1),
    st.booleans(),
    st.lists(closures, max_size=3),
)


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def due(severity: Severity, received: str, settings: Settings = SETTINGS) -> str:
    moment = acknowledge_by(settings, site="siege", severity=severity, received_at=paris(received).astimezone(UTC))
    assert moment.tzinfo is UTC
    return f"{moment.astimezone(PARIS):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("severity", "received", "expected"),
    [
        (Severity.CRITICAL, "2026-11-20 12:00", "2026-11-20 12:15"),
        (Severity.CRITICAL, "2026-11-22 03:00", "2026-11-22 03:15"),
        (Severity.HIGH, "2026-11-20 12:00", "2026-11-20 13:00"),
        (Severity.HIGH, "2026-11-20 15:30", "2026-11-20 16:30"),
        (Severity.HIGH, "2026-11-20 16:29", "2026-11-23 08:29"),
        (Severity.HIGH, "2026-11-20 16:30", "2026-11-23 08:30"),
        (Severity.HIGH, "2026-11-21 12:00", "2026-11-23 08:30"),
        (Severity.NORMAL, "2026-11-20 14:00", "2026-11-23 09:00"),
        (Severity.NORMAL, "2026-11-20 05:00", "2026-11-20 11:30"),
    ],
)
def test_critical_counts_round_the_clock_and_the_others_in_business_hours(
    severity: Severity, received: str, expected: str
) -> None:
    assert due(severity, received) == expected


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        ("2026-05-22 16:29", "2026-05-26 08:29"),  # the Friday before Whit Monday
        ("2026-05-13 16:29", "2026-05-15 08:29"),  # the day before Ascension
        ("2026-12-24 16:00", "2026-12-28 08:00"),  # Christmas on a Friday
        ("2026-10-23 16:29", "2026-10-26 08:29"),  # over the night that is an hour longer
        ("2026-03-27 16:29", "2026-03-30 08:29"),  # over the night that is an hour shorter
    ],
)
def test_holidays_weekends_and_changes_of_clocks_are_nobodys_fault(received: str, expected: str) -> None:
    assert due(Severity.HIGH, received) == expected


def test_a_quarter_of_an_hour_is_one_also_while_the_clocks_go_back() -> None:
    before = datetime(2026, 10, 25, 0, 50, tzinfo=UTC)  # 02:50 for the first time
    late = acknowledge_by(SETTINGS, site="siege", severity=Severity.CRITICAL, received_at=before)
    assert late - before == timedelta(minutes=15)


def test_a_closed_site_counts_from_its_next_day_and_another_site_keeps_its_own_hours() -> None:
    bridge = Closure(first=date(2026, 5, 14), last=date(2026, 5, 17))
    own = replace(SETTINGS.sites[0], calendar=Calendar(opens=time(6), closes=time(20), closures=(bridge,)))
    settings = replace(SETTINGS, sites=(own,))
    assert due(Severity.HIGH, "2026-05-13 19:30", settings) == "2026-05-18 06:30"


def test_a_site_that_left_the_settings_keeps_the_organisations_hours() -> None:
    assert business.calendar_of(SETTINGS, "gone") == SETTINGS.duty.calendar


def test_the_minutes_and_what_runs_round_the_clock_are_settings() -> None:
    duty = Duty(acknowledge=replace(Duty().acknowledge, high=90), round_the_clock=())
    settings = replace(SETTINGS, duty=duty)
    assert due(Severity.HIGH, "2026-11-20 12:00", settings) == "2026-11-20 13:30"
    assert due(Severity.CRITICAL, "2026-11-21 12:00", settings) == "2026-11-23 07:45"


@pytest.mark.parametrize(
    ("year", "moving"),
    [
        (2008, ["03-24", "05-01", "05-12"]),  # Ascension on the first of May
        (2026, ["04-06", "05-14", "05-25"]),
        (2027, ["03-29", "05-06", "05-17"]),
        (2038, ["04-26", "06-03", "06-14"]),  # as late as it can be
    ],
)
def test_a_year_has_the_holidays_of_the_labour_code(year: int, moving: list[str]) -> None:
    fixed = ["01-01", "05-01", "05-08", "07-14", "08-15", "11-01", "11-11", "12-25"]
    expected = {date.fromisoformat(f"{year}-{day}") for day in fixed + moving}
    assert business.public_holidays(year) == expected


@given(calendars, moments, spans)
def test_a_due_moment_lies_in_business_hours_and_exactly_that_much_business_time_later(
    calendar: Calendar, start: datetime, span: timedelta
) -> None:
    end = business.after_business_time(calendar, start, span)
    last = next(hours for hours in business.windows(calendar, start) if end <= hours[1])
    assert last[0] < end <= last[1]
    passed = timedelta(0)
    for opens, closes in business.windows(calendar, start):
        if opens >= end:
            break
        passed += min(closes, end) - opens
    assert passed == span


@given(calendars, moments, spans, st.integers(0, 10 * 24 * 60))
def test_who_reports_later_is_never_due_earlier(
    calendar: Calendar, start: datetime, span: timedelta, later: int
) -> None:
    first, second = (
        business.after_business_time(calendar, moment, span) for moment in (start, start + timedelta(minutes=later))
    )
    assert first <= second


@given(calendars, moments, spans, spans)
def test_two_waits_are_as_long_as_their_sum(
    calendar: Calendar, start: datetime, one: timedelta, other: timedelta
) -> None:
    both = business.after_business_time(calendar, start, one + other)
    assert business.after_business_time(calendar, business.after_business_time(calendar, start, one), other) == both


@given(moments, spans)
def test_hours_without_an_end_are_the_clock_itself(start: datetime, span: timedelta) -> None:
    assert business.after_business_time(ROUND_THE_CLOCK, start, span) == start + span


@given(calendars, moments)
def test_windows_follow_one_another_and_never_open_on_a_closed_day(calendar: Calendar, start: datetime) -> None:
    hours = list(islice(business.windows(calendar, start), 6))
    ends = [moment for window in hours for moment in window]
    assert ends == sorted(ends)
    assert all(business.is_business_day(calendar, opens.astimezone(PARIS).date()) for opens, _ in hours)
