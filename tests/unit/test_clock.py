from datetime import timedelta

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
