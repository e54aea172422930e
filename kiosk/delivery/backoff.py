"""Backoff: waiting times after a failure of the relay, or of one mail."""

from datetime import timedelta

RELAY_FIRST_WAIT = timedelta(seconds=5)
RELAY_LONGEST_WAIT = timedelta(seconds=60)
MAIL_WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 60, 120, 300, 600, 900))


def relay_backoff(failures: int) -> timedelta:
    """After consecutive failures to reach, greet or secure the relay: 5 s, doubling up to 60 s."""
    if failures < 1:
        return timedelta(0)
    return min(RELAY_FIRST_WAIT * (1 << min(failures - 1, 10)), RELAY_LONGEST_WAIT)


def mail_backoff(attempts: int) -> timedelta:
    """After attempts at one mail: 5 s, 30 s, 1, 2, 5, 10, then always 15 minutes."""
    if attempts < 1:
        return timedelta(0)
    return MAIL_WAITS[min(attempts, len(MAIL_WAITS)) - 1]
