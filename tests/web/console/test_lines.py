"""Similar reports at the console: one row that opens, one act for all of them, and nothing is done unseen."""

import html
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlite_utils import Database
from werkzeug.test import TestResponse

from kiosk.config import Settings
from kiosk.domain.handling import Eta, HiddenAs, Outcome
from kiosk.domain.roles import Actor
from kiosk.duty import acts
from kiosk.duty.decisions import Repeated
from kiosk.store.reports import report_status
from kiosk.web.staff.report import line_page
from tests.incident import an_incident
from tests.web.colleague import Colleague, SignIn
from tests.web.console.page import ANNE, FRIDAY, words_of

MEMBER = re.compile(r'<a id="m-([\w-]+)"')
SEEN = re.compile(r'name="seen" value="(\d+)"')


@pytest.fixture
def references(db: Database, settings: Settings, door: Flask) -> list[str]:
    return [an_incident(db, settings, ago=minutes) for minutes in (8, 5, 2)]


@pytest.fixture
def paul(door: Flask, signed_in: SignIn) -> Colleague:
    return signed_in(door.test_client(), "deputy", name="paul")


def seen_by(colleague: Colleague, reference: str) -> str:
    found = SEEN.search(colleague.opens(f"/lines/{reference}").text)
    assert found
    return found[1]


def sends(colleague: Colleague, reference: str, act: str, **fields: Any) -> TestResponse:
    """As the page of the line does, confirmed."""
    fields = {"seen": seen_by(colleague, reference), "confirmed": "yes"} | fields
    return colleague.sends(f"/lines/{reference}/{act}", **fields)


def asks_first(colleague: Colleague, reference: str, act: str, **fields: Any) -> TestResponse:
    """The page that asks once more."""
    answer = sends(colleague, reference, act, confirmed="", **fields)
    assert answer.status_code == 303
    return colleague.opens(answer.location)


def states(db: Database, references: list[str]) -> list[str]:
    found = [report_status.get(db, reference) for reference in references]
    return [one.hidden_as or one.state for one in found]


def test_similar_reports_are_one_row_that_says_how_many_and_when(
    db: Database, settings: Settings, anne: Colleague, references: list[str]
) -> None:
    other = an_incident(db, settings, zone="zone-2")
    page = anne.opens("/")
    assert re.findall(r'class="card-report [^"]*" data-report="([\w-]+)"', page.text) == [references[0], other]
    assert "3 signalements semblables, reçus de 09:52 à 09:58" in words_of(page)
    assert "<title>(4) Signalements" in page.text
    for reference in references:
        assert f'href="/reports/{reference}"' in page.text


def test_many_are_counted_and_the_row_leads_to_all_of_them(db: Database, settings: Settings, anne: Colleague) -> None:
    references = [an_incident(db, settings, at=FRIDAY + timedelta(seconds=number)) for number in range(25)]
    page = anne.opens("/")
    assert "25 signalements semblables" in words_of(page)
    assert f'href="/lines/{references[0]}">Voir les 25' in page.text
    whole = anne.opens(f"/lines/{references[7]}").text
    assert all(f'href="/reports/{reference}"' in whole for reference in references)


def pages_of(colleague: Colleague, address: str) -> list[str]:
    """References on each page of a line, as "Suite" leads from one to the next."""
    pages: list[str] = []
    following: str | None = address
    while following and len(pages) < 9:
        page = colleague.opens(following).text
        pages.append(page)
        found = re.search(r'href="([^"]+)">Suite', page)
        following = html.unescape(found[1]) if found else None
    return pages


def test_every_report_of_a_long_line_stands_on_one_of_its_pages(
    db: Database, settings: Settings, anne: Colleague, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_page, "SHOWN", 4)
    references = [an_incident(db, settings, at=FRIDAY + timedelta(seconds=number)) for number in range(10)]
    for each in references[:3]:
        acts.close(db, settings, each, actor=ANNE, outcome=Outcome.OTHER, now=FRIDAY)
    pages = [MEMBER.findall(page) for page in pages_of(anne, f"/lines/{references[0]}")]
    assert pages == [references[3:7], [*references[7:], references[0]], references[1:3]]


def test_nobody_is_led_to_a_page_of_another_line(db: Database, settings: Settings, anne: Colleague) -> None:
    first, other = an_incident(db, settings), an_incident(db, settings, zone="zone-2")
    place = report_status.get(db, other).id
    assert MEMBER.findall(anne.opens(f"/lines/{first}?after=0-{place}").text) == []


def test_hidden_reports_are_listed_from_the_list_of_hidden_ones(
    db: Database, settings: Settings, anne: Colleague, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_page, "SHOWN", 10)
    references = [an_incident(db, settings, at=FRIDAY + timedelta(seconds=number)) for number in range(25)]
    sends(anne, references[0], "mark", **{"as": "spam"})
    address = f"/lines/{references[0]}?state=hidden"
    assert anne.opens("/?state=hidden").text.count(f'href="{address}"') == 2, "the title and the button"
    pages = pages_of(anne, address)
    assert [each for page in pages for each in MEMBER.findall(page)] == references
    assert "25 signalements masqués" in words_of(anne.opens(address))
    assert "indésirable" in pages[0]
    assert 'action="/lines' not in pages[0]
    assert MEMBER.findall(anne.opens(f"/lines/{references[0]}").text) == references[:10], "nothing else to list"


def test_the_page_of_a_line_leads_to_its_hidden_ones(
    db: Database, settings: Settings, anne: Colleague, references: list[str]
) -> None:
    acts.mark(db, settings, references[0], actor=ANNE, hidden_as=HiddenAs.TEST, now=FRIDAY)
    page = anne.opens(f"/lines/{references[1]}")
    assert MEMBER.findall(page.text) == references[1:]
    assert f'href="/lines/{references[1]}?state=hidden">1 signalement masqué</a>' in page.text
    acts.mark(db, settings, references[1], actor=ANNE, hidden_as=HiddenAs.TEST, now=FRIDAY)
    assert "1 signalement, reçu à 09:58 : 1 à prendre" in words_of(anne.opens(f"/lines/{references[2]}"))


def test_one_tap_takes_all_of_them(db: Database, anne: Colleague, references: list[str]) -> None:
    found = SEEN.search(anne.opens("/").text)
    assert found
    answer = anne.sends(f"/lines/{references[0]}/acknowledge", eta="1h", seen=found[1])
    assert answer.status_code == 303
    assert "3 signalements sont pris en charge." in words_of(anne.opens(answer.location))
    assert states(db, references) == ["acknowledged"] * 3
    page = words_of(anne.opens("/"))
    assert "Vous l'avez pris" in page
    assert "3 signalements semblables" in page
    thread = words_of(anne.opens(f"/reports/{references[1]}"))
    assert "a pris le signalement en charge, avec 2 autres semblables" in thread


@pytest.mark.parametrize(
    ("act", "fields", "done"),
    [
        ("acknowledge", {"eta": "1h"}, "3 signalements sont pris en charge."),
        ("close", {"outcome": "resolved"}, "3 signalements sont clos."),
        ("mark", {"as": "spam"}, "3 signalements sont masqués."),
    ],
)
def test_a_second_press_says_what_the_first_did(
    anne: Colleague, paul: Colleague, references: list[str], act: str, fields: dict[str, str], done: str
) -> None:
    seen = seen_by(anne, references[0])
    for _ in range(3):
        answer = anne.sends(f"/lines/{references[0]}/{act}", seen=seen, confirmed="yes", **fields)
        page = words_of(anne.opens(answer.location))
        assert done in page
        assert "Laissé" not in page
    assert "Rien n'a changé." in words_of(paul.opens(answer.location)), "it was not he who did it"


def test_a_typed_address_claims_nothing(anne: Colleague, references: list[str]) -> None:
    for typed in ("result=hidden&done=600", "result=hidden&since=0", "result=hidden&since=x"):
        assert "sont masqués." not in words_of(anne.opens(f"/lines/{references[0]}?{typed}"))


def test_whoever_was_slower_is_told_which_were_left(
    db: Database, settings: Settings, anne: Colleague, paul: Colleague, references: list[str]
) -> None:
    seen = seen_by(paul, references[0])
    acts.acknowledge(db, settings, references[1], actor=ANNE, eta=Eta.HOUR, now=FRIDAY)
    new = an_incident(db, settings)
    answer = sends(paul, references[0], "acknowledge", eta="1h", seen=seen)
    page = words_of(paul.opens(answer.location))
    assert "2 signalements sont pris en charge. Laissés de côté" in page
    assert f"entre-temps : {references[1]}, {new}." in page
    assert report_status.get(db, references[1]).taken_by == "Anne Exemple"


@pytest.mark.parametrize(
    ("act", "fields", "asks"),
    [("close", {"outcome": "resolved"}, "Clore 3 signalements"), ("mark", {"as": "spam"}, "Masquer 3 signalements")],
)
def test_closing_and_hiding_ask_once_more_with_the_number(
    db: Database, anne: Colleague, references: list[str], act: str, fields: dict[str, str], asks: str
) -> None:
    page = asks_first(anne, references[0], act, **fields)
    assert page.status_code == 200
    assert asks in words_of(page)
    assert states(db, references) == ["open"] * 3
    typed = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text))
    answer = anne.sends(f"/lines/{references[0]}/{act}", **{**typed, "csrf": anne.csrf})
    assert f"3 signalements sont {'clos' if act == 'close' else 'masqués'}" in words_of(anne.opens(answer.location))
    assert states(db, references) == [fields.get("as", "closed")] * 3


def test_a_confirmation_counts_what_it_will_really_change(
    db: Database, settings: Settings, anne: Colleague, references: list[str]
) -> None:
    seen = seen_by(anne, references[0])
    an_incident(db, settings)
    page = words_of(asks_first(anne, references[0], "mark", seen=seen, **{"as": "test"}))
    assert "Masquer 3 signalements" in page
    assert "1 autre est arrivé ou a changé depuis que vous avez ouvert la page" in page


def test_a_confirmation_says_what_speaks_for_a_second_look(db: Database, settings: Settings, anne: Colleague) -> None:
    first, *others = [an_incident(db, settings, at=FRIDAY + timedelta(seconds=second)) for second in range(14)]
    an_incident(db, settings, answers={"how": "break_in"})
    anne.opens(f"/reports/{first}")
    anne.opens(f"/reports/{others[0]}")
    acts.acknowledge(db, settings, others[0], actor=ANNE, eta=Eta.HOUR, now=FRIDAY)
    didier = Actor("didier", "Didier Blanc", "deputy")
    for each in others[1:3]:
        acts.acknowledge(db, settings, each, actor=didier, eta=Eta.HOUR, now=FRIDAY)
    page = words_of(asks_first(anne, first, "close", outcome="duplicate", repeats=first))
    assert "Clore 14 signalements ?" in page
    assert "et 2 autres" in page
    assert "Dont 1 critique, 13 jamais ouverts, 1 pris par vous, 2 pris par Didier Blanc" in page
    acts.close(db, settings, others[2], actor=ANNE, outcome=Outcome.OTHER, now=FRIDAY)
    assert "et 1 autre " in words_of(asks_first(anne, first, "close", outcome="duplicate", repeats=first))


@pytest.mark.parametrize(
    ("act", "fields", "status"),
    [
        ("acknowledge", {"eta": "1h", "seen": ""}, 400),
        ("acknowledge", {"eta": "soon"}, 400),
        ("mark", {"as": "dull"}, 400),
        ("close", {"outcome": "nonsense"}, 422),
        ("close", {"outcome": "resolved", "seen": "-1"}, 400),
        ("close", {"outcome": "duplicate", "repeats_typed": "ABC"}, 422),
    ],
)
def test_an_act_that_makes_no_sense_changes_nothing(
    db: Database, anne: Colleague, references: list[str], act: str, fields: dict[str, str], status: int
) -> None:
    assert sends(anne, references[0], act, **fields).status_code == status
    assert states(db, references) == ["open"] * 3


def test_a_line_of_another_site_does_not_exist_and_readers_only_read(
    db: Database, door: Flask, signed_in: SignIn, references: list[str]
) -> None:
    nord, dpo = (
        signed_in(door.test_client(), sites=("nord",), name="nora"),
        signed_in(door.test_client(), "dpo"),
    )
    assert nord.opens(f"/lines/{references[0]}").status_code == 404
    assert nord.sends(f"/lines/{references[0]}/mark", seen="99", confirmed="yes", **{"as": "spam"}).status_code == 404
    page = dpo.opens(f"/lines/{references[0]}")
    assert '<form method="post" action="/lines' not in page.text
    assert dpo.sends(f"/lines/{references[0]}/acknowledge", seen="99", eta="1h").status_code == 403
    assert states(db, references) == ["open"] * 3


def closes(colleague: Colleague, reference: str, **fields: str) -> TestResponse:
    return colleague.sends(f"/reports/{reference}/close", **{"outcome": "duplicate", "note": "", **fields})


def test_a_duplicate_links_to_what_it_repeats_and_back(anne: Colleague, references: list[str]) -> None:
    first, second, third = references
    offered = re.findall(r'name="repeats" value="([\w-]+)"', anne.opens(f"/reports/{second}").text)
    assert offered == [first, third]
    assert closes(anne, second, repeats=first).status_code == 303
    assert closes(anne, third, repeats=second, repeats_typed=first.lower()).status_code == 303
    page = anne.opens(f"/reports/{second}")
    assert f"déjà signalé, voir {first}" in words_of(page)
    assert f'href="/reports/{first}">{first}</a>' in page.text
    original = words_of(anne.opens(f"/reports/{first}"))
    assert f"Répété par {second}, {third}." in original
    assert f"a clos comme déjà signalé : {second}" in original


@pytest.mark.parametrize(
    ("typed", "objection"),
    [
        ("7K4-92Q", "Aucun signalement de vos sites"),
        ("nord", "Aucun signalement de vos sites"),
        ("itself", "C'est la référence de ce signalement"),
        ("repeater", "déjà clos comme répétition de celui-ci"),
    ],
)
def test_a_reference_that_cannot_be_meant_is_asked_again_and_nothing_is_closed(
    db: Database, settings: Settings, door: Flask, signed_in: SignIn, references: list[str], typed: str, objection: str
) -> None:
    here = signed_in(door.test_client(), sites=("siege",), name="hugo")
    known = {
        "itself": references[0],
        "repeater": references[1],
        "nord": an_incident(db, settings, site="nord", terminal=None),
    }
    closes(here, references[1], repeats=references[0])
    answer = closes(here, references[0], repeats_typed=known.get(typed, typed))
    assert answer.status_code == 422
    assert objection in words_of(answer)
    assert states(db, references[:1]) == ["open"]


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize(
    ("typed", "objection"),
    [
        ("repeats another", "lui-même clos comme répétition de {1} : donnez plutôt cette référence"),
        ("hidden", "Ce signalement est masqué : donnez"),
    ],
)
def test_a_report_that_leads_to_another_or_is_hidden_is_not_repeated(
    db: Database, settings: Settings, anne: Colleague, references: list[str], at_once: bool, typed: str, objection: str
) -> None:
    first, second, third = references
    elsewhere = an_incident(db, settings, zone="zone-2")
    closes(anne, third, repeats_typed=elsewhere)
    closes(anne, elsewhere, repeats_typed=second)
    hidden = an_incident(db, settings, zone="zone-2")
    acts.mark(db, settings, hidden, actor=ANNE, hidden_as=HiddenAs.SPAM, now=FRIDAY)
    fields = {"outcome": "duplicate", "repeats_typed": third if typed == "repeats another" else hidden}
    answer = sends(anne, first, "close", **fields) if at_once else closes(anne, first, **fields)
    assert answer.status_code == 422
    assert objection.format(*references) in words_of(answer)
    assert states(db, references) == ["open", "open", "closed"]


def test_the_end_of_a_repetition_is_not_closed_as_one_of_them(
    db: Database, settings: Settings, anne: Colleague, references: list[str]
) -> None:
    first, second, third = references
    closes(anne, third, repeats=second)
    closes(anne, second, repeats=first)
    answer = closes(anne, first, repeats=third)
    assert answer.status_code == 422
    assert "déjà clos comme répétition de celui-ci" in words_of(answer)
    assert states(db, references) == ["open", "closed", "closed"]


def test_a_duplicate_need_not_say_of_what(db: Database, anne: Colleague, references: list[str]) -> None:
    assert closes(anne, references[0]).status_code == 303
    assert closes(anne, references[1], outcome="resolved", repeats=references[0]).status_code == 303
    assert [report_status.get(db, each).repeats for each in references[:2]] == [None, None]


def test_a_line_closed_as_duplicates_keeps_the_first_one(db: Database, anne: Colleague, references: list[str]) -> None:
    fields = {"outcome": "duplicate", "repeats": references[0]}
    page = words_of(asks_first(anne, references[0], "close", **fields))
    assert "Clore 2 signalements" in page
    assert f"Le signalement {references[0]} n'est pas clos" in page
    sends(anne, references[0], "close", **fields)
    assert states(db, references) == ["open", "closed", "closed"]


def test_a_link_to_a_site_that_one_does_not_see_is_no_link(
    db: Database, settings: Settings, door: Flask, signed_in: SignIn, references: list[str]
) -> None:
    there = an_incident(db, settings, site="nord", terminal=None)
    acts.close(
        *(db, settings, references[0]),
        actor=ANNE,
        outcome=Outcome.DUPLICATE,
        now=FRIDAY,
        repeats=Repeated(report_status.get(db, there).id, there),
    )
    page = signed_in(door.test_client(), sites=("siege",), name="hugo").opens(f"/reports/{references[0]}").text
    assert there in page
    assert f"/reports/{there}" not in page


def test_a_new_one_marks_its_row_until_it_is_read(
    db: Database, settings: Settings, anne: Colleague, references: list[str], now: Callable[[datetime], None]
) -> None:
    anne.opens("/")
    for minutes in (20, 40):
        anne.opens("/account")
        now(FRIDAY + timedelta(minutes=minutes))
    first, new = an_incident(db, settings), an_incident(db, settings)
    assert anne.opens("/").text.count("mark-new") == 3, "the row, and both in it"
    anne.opens(f"/reports/{new}")
    anne.opens(f"/reports/{first}")
    assert "mark-new" not in anne.opens("/").text
