"""What a report's page says of how long it is kept, and who may keep it longer."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.catalogue import Tristate
from kiosk.domain.handling import Outcome
from kiosk.domain.report import Contact
from kiosk.duty.acts import close, note
from kiosk.store.keeping import trace_cut
from tests.incident import an_incident
from tests.retention import announced, deliver_all, live, steady
from tests.web.colleague import Colleague, SignIn
from tests.web.console.page import ANNE, FRIDAY, words_of

DAY = timedelta(days=1)


@pytest.fixture
def reference(db: Database, settings: Settings, door: Flask) -> str:
    # A file on a breach that nobody has decided would keep it.
    contact = Contact(name="Camille Exemple")
    return an_incident(db, settings, ago=5, contact=contact, personal_data_answer=Tristate.NO)


def page(colleague: Colleague, reference: str) -> str:
    return words_of(colleague.opens(f"/reports/{reference}"))


def at_rest(db: Database, settings: Settings, reference: str) -> None:
    deliver_all(db, FRIDAY)
    close(db, settings, reference, actor=ANNE, outcome=Outcome.RESOLVED, now=FRIDAY)
    deliver_all(db, FRIDAY)


@pytest.mark.parametrize("role", ["manager", "mssi", "dpo"])
def test_a_report_is_held_for_a_reason_and_let_go_again(
    db: Database, door: Flask, signed_in: SignIn, reference: str, role: str
) -> None:
    colleague = signed_in(door.test_client(), role, name="claude")
    assert "Gelé" not in page(colleague, reference)
    answer = colleague.sends(f"/reports/{reference}/hold", reason="authority")
    assert (answer.status_code, answer.location) == (303, f"/reports/{reference}?result=frozen")
    shown = words_of(colleague.opens(answer.location))
    assert "Le signalement est gelé" in shown
    assert "Gelé par Claude à 10:00 : demande d'une autorité. Rien n'en sera effacé." in shown
    assert "Claude a gelé le signalement : demande d'une autorité" in shown
    assert colleague.sends(f"/reports/{reference}/hold", reason="other").location.endswith("result=unchanged")
    assert colleague.sends(f"/reports/{reference}/release").location.endswith("result=unfrozen")
    assert colleague.sends(f"/reports/{reference}/release").location.endswith("result=unchanged")
    shown = page(colleague, reference)
    assert "Claude a levé le gel" in shown
    assert "Gelé par" not in shown


def test_a_deputy_sees_a_hold_and_can_neither_place_nor_lift_it(
    door: Flask, anne: Colleague, signed_in: SignIn, reference: str
) -> None:
    anne.sends(f"/reports/{reference}/hold", reason="inquiry")
    deputy = signed_in(door.test_client(), "deputy")
    shown = page(deputy, reference)
    assert "Gelé par Anne" in shown
    assert "Lever le gel" not in shown
    assert deputy.sends(f"/reports/{reference}/release").status_code == 403
    assert deputy.sends(f"/reports/{reference}/hold", reason="inquiry").status_code == 403


def test_a_reason_that_is_none_is_refused(anne: Colleague, reference: str) -> None:
    assert anne.sends(f"/reports/{reference}/hold", reason="because").status_code == 400
    assert anne.sends(f"/reports/{reference}/hold").status_code == 400


def test_the_page_says_when_the_report_will_be_erased(
    db: Database, settings: Settings, anne: Colleague, reference: str
) -> None:
    assert "Rien n'est effacé d'un signalement que personne n'a pris en charge" in page(anne, reference)
    at_rest(db, settings, reference)
    assert "effacé à partir du 20/11/2027" in page(anne, reference)


def test_a_purged_report_says_what_is_gone_and_what_stays(
    db: Database,
    settings: Settings,
    door: Flask,
    signed_in: SignIn,
    reference: str,
    now: Callable[[datetime], None],
) -> None:
    note(db, reference, "Vu avec le gardien", actor=ANNE, now=FRIDAY)
    at_rest(db, settings, reference)
    for days, words in (
        (61, "Le contact a été effacé le 20/01/2027, sa durée de conservation étant écoulée."),
        (366, "Le contenu a été effacé le 21/11/2027, sa durée de conservation étant écoulée. La référence"),
    ):
        announced(db, FRIDAY)
        steady(db, FRIDAY + days * DAY)
        live(db, settings, FRIDAY + days * DAY, turns=3)
        now(FRIDAY + days * DAY)
        somebody = signed_in(door.test_client(), name=f"claude-{days}")
        assert words in page(somebody, reference)
    shown = page(somebody, reference)
    assert "Vu avec le gardien" not in shown
    assert "La borne a effacé le contenu" in shown
    assert "Siège" in shown
    assert "Geler" not in shown


def test_the_page_says_up_to_when_its_trace_is_gone(
    db: Database, settings: Settings, anne: Colleague, reference: str
) -> None:
    at_rest(db, settings, reference)
    assert "n'est plus gardé" not in page(anne, reference)
    assert trace_cut.cut(db, FRIDAY + DAY, months=12, now=FRIDAY + 400 * DAY)
    assert "Ce qui s'est passé jusqu'au 20/11/2026 n'est plus gardé" in page(anne, reference)
