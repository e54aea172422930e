"""By when, in each language's own words."""

from datetime import UTC, datetime

import pytest
from flask import Flask, g

from kiosk import clock
from kiosk.web.public.moments import at, day_and_time

NOW = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)  # 23:30 in Paris, a Friday


@pytest.mark.parametrize(
    ("moment", "language", "said"),
    [
        ((20, 22, 40), "fr", "aujourd'hui à 23:40"),
        ((20, 23, 10), "fr", "demain à 00:10"),
        ((19, 22, 59), "fr", "hier à 23:59"),
        ((23, 7, 30), "fr", "lundi 23 novembre 2026 à 08:30"),
        ((20, 22, 40), "en", "today at 23:40"),
        ((23, 7, 30), "en", "Monday, 23 November 2026 at 08:30"),
        ((20, 22, 40), "ar", "اليوم في الساعة 23:40"),
        ((23, 7, 30), "ar", "الاثنين، 23 نونبر 2026 في الساعة 08:30"),
    ],
)
def test_a_moment_is_said_as_people_say_it(
    moment: tuple[int, int, int], language: str, said: str, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    day, hour, minute = moment
    with app.test_request_context(f"/{language}/"):
        g.language = language
        assert day_and_time(datetime(2026, 11, day, hour, minute, tzinfo=UTC)) == said


def test_of_today_the_time_is_enough(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with app.test_request_context("/fr/"):
        assert at(NOW) == "à 23:30"
        assert at(NOW.replace(day=19)) == "hier à 23:30"
