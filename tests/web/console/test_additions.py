"""What a reporter adds stands with their words, and nobody who has read the report before overlooks it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.catalogue import Tristate
from kiosk.domain.handling import Eta
from kiosk.domain.report import Report
from kiosk.domain.submission import Submission
from kiosk.duty import acts
from kiosk.reporting.accept import accept
from kiosk.reporting.add import Addition, add
from kiosk.store.base.connection import immediate
from kiosk.store.reports.follow_up import follow
from kiosk.store.trace import events
from kiosk.store.trace.events import Event
from tests.incident import an_incident
from tests.web.colleague import Colleague, SignIn
from tests.web.console.page import ANNE, FRIDAY, words_of

MARK = "précision ajoutée"
Adds = Callable[..., str]


@pytest.fixture
def adds(db: Database, settings: Settings, door: Flask) -> Adds:
    """Somebody reports a theft and later adds to it."""
    report = Report(
        submission=Submission(), kind_code="theft", site="siege", terminal="hall", language="fr", received_at=FRIDAY
    )
    receipt = accept(db, settings, report, FRIDAY)

    def add_to_it(text: str = "", at: datetime = FRIDAY, language: str = "fr") -> str:
        if text:
            followed = follow(db, receipt.follow_up_code, at)
            assert followed is not None
            said = Addition(
                submission=Submission(), found=False, text=text, language=language, terminal="hall", received_at=at
            )
            add(db, settings, followed, said)
        return receipt.reference

    return add_to_it


def test_it_is_marked_in_the_list_until_it_is_read(
    db: Database, settings: Settings, anne: Colleague, adds: Adds, now: Callable[[datetime], None]
) -> None:
    reference = adds()
    anne.opens(f"/reports/{reference}")
    acts.acknowledge(db, settings, reference, actor=ANNE, eta=Eta.HOUR, now=FRIDAY)
    assert MARK not in anne.opens("/").text
    adds("Le sac était bleu", FRIDAY + timedelta(minutes=2))
    now(FRIDAY + timedelta(minutes=3))
    assert anne.opens("/").text.count(MARK) == 1
    anne.opens(f"/reports/{reference}")
    assert MARK not in anne.opens("/").text, "also when the last reading is but minutes old"


def test_it_stands_below_the_first_words_the_oldest_first(anne: Colleague, adds: Adds) -> None:
    adds("Le sac était bleu")
    reference = adds("الحقيبة زرقاء", language="ar")
    told = words_of(anne.opens(f"/reports/{reference}"))
    words = told.partition("Avec les mots de la personne")[2].partition("Contact de l'intervenant")[0]
    assert "La personne a ajouté une précision à 10:00 Le sac était bleu La personne" in words
    assert words.index("bleu") < words.index("en arabe") < words.index("الحقيبة")


def test_mails_that_left_one_after_the_other_are_told_in_one_line(db: Database, anne: Colleague, adds: Adds) -> None:
    reference = adds()
    left = [Event(action="delivery_sent", reference=reference, detail={"audience": to}) for to in ("mssi", "dpo")]
    with immediate(db):
        events.append(db, left, FRIDAY)
    told = words_of(anne.opens(f"/reports/{reference}"))
    assert "La borne a transmis 2 courriels : MSSI, Délégué à la protection des données (DPO)" in told


def test_the_dpo_sees_in_the_list_how_long_the_72_hours_still_are(
    db: Database, settings: Settings, door: Flask, anne: Colleague, signed_in: SignIn
) -> None:
    an_incident(db, settings, "theft", personal_data_answer=Tristate.YES, ago=90)
    said = "72 heures de la CNIL jusqu'à lundi 23/11 à 08:30, encore 70 h"
    assert said in words_of(signed_in(door.test_client(), "dpo").opens("/"))
    assert said not in words_of(anne.opens("/"))
