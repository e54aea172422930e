"""How long things wait, and that nothing ever waits for good."""

from datetime import timedelta

from kiosk.delivery.backoff import mail_backoff, relay_backoff
from kiosk.delivery.courier import AUTHENTICATION_PAUSE, LONGEST_PAUSE

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
