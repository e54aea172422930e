"""How long to wait before the next try. Nothing here gives up; every wait has a cap."""

from datetime import timedelta

RELAY_FIRST_WAIT = timedelta(seconds=5)
RELAY_LONGEST_WAIT = timedelta(seconds=60)
MAIL_WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 60, 120, 300, 600, 900))

AUTHENTICATION_PAUSE = timedelta(minutes=15)  # long enough that a wrong password does not lock the account
LONGEST_PAUSE = max(AUTHENTICATION_PAUSE, RELAY_LONGEST_WAIT)


def relay_backoff(failures: int) -> timedelta:
    """After so many failures in a row to reach, greet or secure the relay: 5 s, doubling up to 60 s."""
    if failures < 1:
        return timedelta(0)
    return min(RELAY_FIRST_WAIT * (1 << min(failures - 1, 10)), RELAY_LONGEST_WAIT)


def mail_backoff(attempts: int) -> timedelta:
    """After so many attempts at one mail: 5 s, 30 s, 1, 2, 5, 10 and then 15 minutes, for ever."""
    if attempts < 1:
        return timedelta(0)
    return MAIL_WAITS[min(attempts, len(MAIL_WAITS)) - 1]
