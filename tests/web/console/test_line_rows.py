"""A row of similar reports says how they all stand, and its button counts what it will do."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.handling import Eta, Outcome
from kiosk.domain.roles import Actor
from kiosk.duty import acts
from tests.incident import an_incident
from tests.web.colleague import Colleague, SignIn
from tests.web.console.page import ANNE, FRIDAY, words_of
from tests.web.console.test_lines import sends, states


@pytest.fixture
def references(db: Database, settings: Settings, door: Flask) -> list[str]:
    return [an_incident(db, settings, ago=minutes) for minutes in (8, 5, 2)]


def test_a_row_of_every_state_says_so_and_its_button_counts_what_it_takes(
    db: Database, settings: Settings, anne: Colleague, references: list[str]
) -> None:
    acts.close(db, settings, references[0], actor=ANNE, outcome=Outcome.OTHER, now=FRIDAY)
    page = words_of(anne.opens("/?state=all"))
    assert "2 à prendre avant 10:55, 1 clos" in page
    assert "Je m'occupe des 2 à prendre" in page
    assert "Clore ou masquer ensemble" in page
    acts.acknowledge(db, settings, references[1], actor=ANNE, eta=Eta.HOUR, now=FRIDAY)
    page = words_of(anne.opens("/?state=all"))
    assert "1 à prendre avant 10:58, 1 pris par vous, 1 clos" in page
    assert "Je m'occupe de celui à prendre" in page
    assert "autre déjà pris" not in page, "it is in this list"


def test_a_button_under_a_date_counts_the_whole_line(db: Database, settings: Settings, anne: Colleague) -> None:
    midnight = datetime(2026, 11, 19, 23, 0, tzinfo=UTC)
    references = [an_incident(db, settings, at=midnight + timedelta(minutes=minute)) for minute in (-3, 1, 2)]
    page = words_of(anne.opens("/?from=2026-11-20"))
    assert "2 signalements semblables" in page
    assert "1 autre encore à prendre" in page
    assert "Je m'occupe des 3" in page
    sends(anne, references[1], "acknowledge", eta="1h")
    assert states(db, references) == ["acknowledged"] * 3


def test_a_row_names_everybody_who_has_some_of_it(
    db: Database, settings: Settings, door: Flask, anne: Colleague, signed_in: SignIn, references: list[str]
) -> None:
    paul = signed_in(door.test_client(), "deputy", name="paul")
    acts.acknowledge(db, settings, references[0], actor=ANNE, eta=Eta.HOUR, now=FRIDAY)
    didier = Actor("didier", "Didier Blanc", "deputy")
    for each in references[1:]:
        acts.acknowledge(db, settings, each, actor=didier, eta=Eta.HOUR, now=FRIDAY)
    assert "Pris par vous, Didier Blanc" in words_of(anne.opens("/"))
    assert "Pris par Anne Exemple, Didier Blanc" in words_of(paul.opens("/"))
