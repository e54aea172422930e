from datetime import UTC, date, datetime, time, timedelta

import pytest

from kiosk import clock


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(seconds=59), "0 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(minutes=60), "1 h 00"),
        (timedelta(hours=47, minutes=59), "47 h 59"),
        (timedelta(hours=48), "2 jours"),
        (timedelta(minutes=-65), "1 h 05"),
    ],
)
def test_a_wait_is_said_in_the_two_units_that_matter(length: timedelta, said: str) -> None:
    assert clock.span(length, "jours") == said


@pytest.mark.parametrize(
    ("day", "hour", "moment"),
    [
        (date(2026, 1, 5), time(7, 30), datetime(2026, 1, 5, 6, 30, tzinfo=UTC)),
        (date(2026, 7, 6), time(0), datetime(2026, 7, 5, 22, 0, tzinfo=UTC)),
        (date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # left out: said to be 03:30
        (date(2026, 10, 25), time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (date(2026, 10, 25), time(2, 30, fold=1), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ],
)
def test_a_day_and_an_hour_are_those_of_french_clocks(day: date, hour: time, moment: datetime) -> None:
    assert clock.at(day, hour) == moment
    assert clock.at(day, hour).tzinfo is UTC


@pytest.mark.parametrize("moment", [datetime(2026, 11, 21, 6, 30, 0, 123_000, UTC), datetime(1, 1, 1, tzinfo=UTC)])
def test_a_moment_is_read_as_it_was_written(moment: datetime) -> None:
    assert clock.from_text(clock.to_text(moment)) == moment
    assert clock.from_text(clock.to_text(moment)).tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["", "2026-11-21", "2026-11-21T06:30:00.123", "2026-11-21T06:30:00+01:00", "soon", "Z"]
)
def test_what_is_no_moment_in_utc_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"UTC|isoformat"):
        clock.from_text(text)
