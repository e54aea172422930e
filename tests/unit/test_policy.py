"""How long things wait, and that nothing ever waits for good."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.delivery.policy import AUTHENTICATION_PAUSE, LONGEST_PAUSE, clamp, mail_backoff, relay_backoff

NOW = datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC)  # a second before the clocks of Paris go forward
CAP = timedelta(minutes=15)


def test_a_relay_that_is_down_is_tried_ever_more_rarely_but_every_minute() -> None:
    assert [relay_backoff(failures).total_seconds() for failures in range(8)] == [0, 5, 10, 20, 40, 60, 60, 60]
    assert relay_backoff(10**9) == timedelta(seconds=60)


def test_a_mail_that_is_put_off_is_tried_every_quarter_of_an_hour_for_ever() -> None:
    assert [mail_backoff(attempts).total_seconds() for attempts in range(1, 9)] == [5, 30, 60, 120, 300, 600, 900, 900]
    assert mail_backoff(10**9) == CAP


def test_a_mail_that_was_never_tried_does_not_wait() -> None:
    assert mail_backoff(0) == relay_backoff(0) == timedelta(0)


def test_no_pause_is_longer_than_the_longest() -> None:
    assert max(AUTHENTICATION_PAUSE, relay_backoff(99)) == LONGEST_PAUSE == CAP


@pytest.mark.parametrize(
    "jumped_to",
    [
        datetime(1970, 1, 1, tzinfo=UTC),
        NOW.replace(year=NOW.year - 10),
        NOW.replace(year=NOW.year + 10),
        NOW + timedelta(hours=1),
        NOW - timedelta(hours=1),
    ],
    ids=["1970", "ten years back", "ten years ahead", "an hour ahead", "an hour back"],
)
@pytest.mark.parametrize("attempts", [1, 3, 50])
def test_a_clock_that_jumps_makes_nothing_wait_longer_than_its_cap(jumped_to: datetime, attempts: int) -> None:
    due = NOW + mail_backoff(attempts)
    assert clamp(due, jumped_to, CAP) - jumped_to <= CAP


@given(st.integers(-50 * 365, 50 * 365), st.integers(1, 10**6))
def test_a_clock_that_goes_right_is_not_meddled_with(days: int, attempts: int) -> None:
    now = NOW + timedelta(days=days)
    due = now + mail_backoff(attempts)
    assert clamp(due, now, CAP) == due
    assert clamp(due, now + timedelta(days=1), CAP) == due
