"""What htmx asks for: pieces of a page, each with one root that has the id it replaces."""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.catalogue import KINDS
from kiosk.store.outbox import outcomes
from kiosk.store.outbox.attempts import Ending
from kiosk.web.public import follow_up
from kiosk.web.shared import htmx
from kiosk.web.shared.report_form import PLACES
from tests.build import claim
from tests.web.contractor import Answer, Contractor, Organisation

HTMX = {"HX-Request": "true"}
VOID = {"input", "br", "meta", "link", "use", "path"}


class Roots(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str | None] = []
        self._depth = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._depth == 0:
            self.ids.append(dict(attrs).get("id"))
        self._depth += tag not in VOID

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag not in VOID


def shown_questions(contractor: Contractor, asked: str, **said: object) -> Answer:
    response = contractor.client.post(f"/fr/report/lost_access/questions?asked={asked}", data=said, headers=HTMX)
    return Answer(response.status_code, response.text)


def transmission_line(contractor: Contractor, **fields: str) -> Answer:
    response = contractor.client.post("/fr/transmission", data=fields, headers=HTMX)
    return Answer(response.status_code, response.text)


@pytest.mark.parametrize("said", [{}, {"description": "Vu"}])
def test_form_and_receipt_come_as_one_piece_that_replaces_the_screen(
    said: dict[str, str], contractor: Contractor
) -> None:
    response = contractor.client.post("/fr/report/theft", data=said, headers=HTMX)
    assert Roots(response.text).ids == ["screen"]
    assert "<html" not in response.text
    assert response.headers[htmx.OURS] == "1"
    assert "data-title=" in response.text


def test_a_piece_needs_no_noscript(contractor: Contractor) -> None:
    assert "<noscript>" in contractor.opens("/fr/report/lost_access").page
    assert "<noscript>" not in contractor.client.post("/fr/report/lost_access", headers=HTMX).text


def test_the_questions_that_an_answer_calls_for_appear(contractor: Contractor) -> None:
    answer = shown_questions(contractor, "means", means="smart_card")
    assert Roots(answer.page).ids == ["after-means"]
    assert 'name="pin_exposed"' in answer.page
    assert 'name="pin_exposed"' not in shown_questions(contractor, "means", means="key").page


def test_what_was_typed_in_such_a_question_stays(contractor: Contractor) -> None:
    answer = shown_questions(contractor, "means", means=["smart_card", "key"], pin_exposed="yes")
    assert 'id="pin_exposed-yes" autocomplete="off" checked' in answer.page


@pytest.mark.parametrize("asked", ["", "nothing", "submission_id", "marking", "<script>"])
def test_a_question_without_dependents_changes_nothing(asked: str, contractor: Contractor) -> None:
    assert shown_questions(contractor, asked, means="key") == Answer(204, "")


@pytest.mark.parametrize("kind", KINDS)
def test_without_scripts_every_question_of_a_kind_stands_on_the_page_once(kind: str, contractor: Contractor) -> None:
    page = contractor.opens(f"/fr/report/{kind}").page
    for question in KINDS[kind].questions:
        assert page.count(f'id="{question.code}"') == 1


PLACE = re.compile(r'data-at="(\w*)".*name="step" value="([\w/]*)"', re.DOTALL)


def where_it_stands(page: str) -> tuple[str, ...]:
    found = PLACE.search(page)
    assert found
    return found.groups()


@pytest.mark.parametrize("place", PLACES)
def test_a_form_in_another_language_stands_at_the_same_screen(place: str, contractor: Contractor) -> None:
    page = contractor.client.post("/en/report/theft/language", data={"step": place}, headers=HTMX).text
    assert where_it_stands(page) == (place.split("/")[-1], place)
    assert page.count("data-focus") == 1


@pytest.mark.parametrize("place", ["", "nowhere", "check/", "check/check", "<script>", "where/check"])
def test_a_screen_that_there_is_not_is_the_first_one(place: str, contractor: Contractor) -> None:
    page = contractor.client.post("/en/report/theft/language", data={"step": place}, headers=HTMX).text
    assert where_it_stands(page) == ("where", "")
    assert "data-focus" not in page


def test_what_has_to_be_put_right_stands_on_the_screen_that_sends(contractor: Contractor) -> None:
    data = {"step": "check", "name": "x" * 501}
    page = contractor.client.post("/fr/report/theft", data=data, headers=HTMX).text
    assert where_it_stands(page) == ("check", "check")
    assert page.count("data-focus") == 1
    foreign = {"Sec-Fetch-Site": "cross-site"}
    page = contractor.client.post("/fr/report/theft", data={"description": "x"}, headers=foreign).text
    assert where_it_stands(page)[0] == "check"


def test_the_screen_somebody_stands_at_is_no_part_of_a_report(
    contractor: Contractor, organisation: Organisation
) -> None:
    receipt = contractor.sends(description="Vu", step="check")
    assert "step" not in organisation.content(receipt.reference)
    assert organisation.flags(receipt.reference) == []


def test_the_live_line_stays_silent_until_something_changed(
    contractor: Contractor, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow_up, "nothing_leaves", lambda: False)
    receipt = contractor.sends(description="Vu", personal_data="yes")
    assert transmission_line(contractor, code=receipt.follow_up_code, shown="sending") == Answer(204, "")
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(seconds=11))
    waiting = transmission_line(contractor, code=receipt.follow_up_code, shown="sending")
    assert Roots(waiting.page).ids == ["transmission"]
    assert "Pas encore transmis" in waiting.page
    assert "Adressez-vous à l'accueil" in waiting.page
    outcomes.record_sent(db, claim(db, clock.now()), Ending("sent", "dot", "250 ok"), clock.now())
    partly = transmission_line(contractor, code=receipt.follow_up_code, shown="waiting")
    assert "Transmis au responsable de la sécurité à" in partly.page
    assert "Encore en route pour" in partly.page
    outcomes.record_sent(db, claim(db, clock.now()), Ending("sent", "dot", "250 ok"), clock.now())
    sent = transmission_line(contractor, code=receipt.follow_up_code, shown="partly")
    assert "Transmis à" in sent.page
    assert "hx-trigger" not in sent.page, "nothing more to ask"


@pytest.mark.parametrize("code", ["", "7K4-92Q-MX3", "x" * 1000])
def test_an_unknown_code_changes_nothing(code: str, contractor: Contractor) -> None:
    assert transmission_line(contractor, code=code, shown="sending") == Answer(204, "")


def test_a_reference_without_its_code_is_not_answered(contractor: Contractor) -> None:
    receipt = contractor.sends(description="Vu")
    for said in ({"reference": receipt.reference}, {"code": receipt.reference}):
        assert transmission_line(contractor, **said, shown="") == Answer(204, "")
    assert "Enregistré" in transmission_line(contractor, code=receipt.follow_up_code, shown="").page
    assert receipt.reference not in re.search(r"hx-vals='([^']*)'", receipt.page)[1]  # type: ignore[index]


def test_no_code_key_or_reference_ever_stands_in_an_address(contractor: Contractor) -> None:
    receipt = contractor.sends(description="Vu")
    addresses = [
        part.partition('"')[0] for name in ("href", "action", "hx-post") for part in receipt.page.split(f'{name}="')[1:]
    ]
    for secret in (receipt.reference, receipt.follow_up_code):
        assert not [address for address in addresses if secret in address]


def test_french_times_are_shown(contractor: Contractor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 7, 14, 12, 32, tzinfo=UTC))
    assert "Enregistré à 14:32." in contractor.sends(description="Vu").page


def test_a_page_asked_for_by_the_history_is_whole(contractor: Contractor) -> None:
    headers = {**HTMX, "HX-History-Restore-Request": "true"}
    assert "<html" in contractor.opens("/fr/report/theft", headers=headers).page
