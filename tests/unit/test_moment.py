"""When it was noticed: no more precise than it was said, and never a reason to refuse a report."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import clock
from kiosk.domain.moment import NOT_SAID, Moment, Precision, resolve

NOON = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)  # 12:00 in France


def utc(*fields: int) -> datetime:
    return datetime(*fields, tzinfo=UTC)  # type: ignore[arg-type,misc]


def typed(day: str = "", at: str = "") -> Moment:
    return resolve(Precision.AT, day, at, NOON)


def test_now_is_this_moment() -> None:
    assert resolve("now", "", "", NOON) == Moment(Precision.NOW, NOON, NOON)


def test_today_begins_at_midnight_in_france() -> None:
    assert resolve("today", "", "", NOON) == Moment(Precision.TODAY, utc(2026, 11, 20, 23), NOON)


def test_yesterday_is_the_whole_day_before() -> None:
    moment = resolve("yesterday", "", "", NOON)
    assert moment == Moment(Precision.YESTERDAY, utc(2026, 11, 19, 23), utc(2026, 11, 20, 23))


def test_just_after_midnight_in_france_is_a_new_day_although_utc_is_still_in_the_old_one() -> None:
    after_midnight = utc(2026, 7, 1, 22, 30)  # 00:30 on the 2nd in France
    assert resolve("today", "", "", after_midnight).earliest == utc(2026, 7, 1, 22)
    assert resolve("yesterday", "", "", after_midnight).earliest == utc(2026, 6, 30, 22)


@pytest.mark.parametrize(
    ("now", "hours"),
    [(utc(2026, 3, 30, 10), 23), (utc(2026, 10, 26, 10), 25), (utc(2026, 6, 2, 10), 24)],
    ids=["clocks went forward", "clocks went back", "an ordinary day"],
)
def test_yesterday_is_as_long_as_it_was(now: datetime, hours: int) -> None:
    moment = resolve("yesterday", "", "", now)
    assert moment.earliest is not None
    assert moment.latest is not None
    assert moment.latest - moment.earliest == timedelta(hours=hours)


def test_a_date_and_a_time_are_read_on_french_clocks() -> None:
    assert typed("2026-11-18", "14:30") == Moment(Precision.AT, utc(2026, 11, 18, 13, 30), utc(2026, 11, 18, 13, 30))
    assert typed("2026-07-18", "14:30").latest == utc(2026, 7, 18, 12, 30)


def test_a_date_without_a_time_is_that_whole_day() -> None:
    assert typed("2026-11-18") == Moment(Precision.AT, utc(2026, 11, 17, 23), utc(2026, 11, 18, 23))


def test_the_hour_that_clocks_run_through_twice_is_either_of_both() -> None:
    moment = typed("2026-10-25", "02:30")
    assert (moment.earliest, moment.latest) == (utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1, 30))


def test_the_hour_that_clocks_leave_out_is_still_a_moment() -> None:
    moment = typed("2026-03-29", "02:30")
    assert (moment.earliest, moment.latest) == (utc(2026, 3, 29, 0, 30), utc(2026, 3, 29, 1, 30))


@pytest.mark.parametrize(
    ("day", "at", "words"),
    [
        ("mardi dernier", "", "mardi dernier"),
        ("", "14:30", "14:30"),
        ("2026-11-18", "vers midi", "2026-11-18 vers midi"),
        ("2026-02-30", "", "2026-02-30"),
        ("2026-11-18", "25:00", "2026-11-18 25:00"),
        ("0026-11-18", "10:00", "0026-11-18 10:00"),
        ("0001-01-01", "00:00", "0001-01-01 00:00"),
        ("1969-12-31", "", "1969-12-31"),
        ("9999-12-31", "", "9999-12-31"),
        ("18/11/2026", "", "18/11/2026"),
        ("-1", "9223372036854775808", "-1 9223372036854775808"),
    ],
)
def test_what_cannot_be_read_is_kept_word_for_word(day: str, at: str, words: str) -> None:
    assert typed(day, at) == Moment(Precision.UNKNOWN, typed=words)


@pytest.mark.parametrize("precision", [None, "", "at", "unknown", "no_such_precision"])
def test_nothing_said_is_nothing_known(precision: str | None) -> None:
    assert resolve(precision, "", "", NOON) == NOT_SAID


@pytest.mark.parametrize("precision", [None, "", "at", "unknown", "no_such_precision"])
def test_a_typed_date_counts_even_if_its_choice_was_not_ticked(precision: str | None) -> None:
    assert resolve(precision, "2026-11-18", "", NOON).precision == Precision.AT


@pytest.mark.parametrize("precision", ["now", "today", "yesterday"])
def test_a_ticked_choice_counts_before_a_date_left_over_in_the_form(precision: str) -> None:
    assert resolve(precision, "2026-11-01", "08:00", NOON).precision == precision


dates = st.dates().map(date.isoformat) | st.text(max_size=12)
times = st.just("") | st.times().map(time.isoformat) | st.text(max_size=8)
instants = st.datetimes(datetime(1970, 1, 3), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(st.none() | st.sampled_from(list(Precision)) | st.text(max_size=9), dates, times, instants)
def test_every_answer_becomes_a_moment_that_can_be_stored_and_shown(
    precision: str | None, day: str, at: str, now: datetime
) -> None:
    moment = resolve(precision, day, at, now)
    if moment.earliest is None or moment.latest is None:
        assert moment.precision == Precision.UNKNOWN
        assert moment.earliest is moment.latest is None
        return
    assert moment.earliest <= moment.latest
    assert moment.typed == ""
    for bound in (moment.earliest, moment.latest):
        assert abs(clock.from_text(clock.to_text(bound)) - bound) < timedelta(milliseconds=1)
        assert clock.local(bound).astimezone(UTC) == bound


@given(st.dates(min_value=date(1970, 1, 1), max_value=date(9999, 12, 30)), instants)
def test_a_typed_day_holds_every_clock_time_of_that_day(day: date, now: datetime) -> None:
    whole = resolve("at", day.isoformat(), "", now)
    for at in ("00:00", "02:30", "12:00", "23:59"):
        exact = resolve("at", day.isoformat(), at, now)
        assert whole.earliest is not None
        assert exact.earliest is not None
        assert exact.latest is not None
        assert whole.latest is not None
        assert whole.earliest <= exact.earliest <= exact.latest < whole.latest
