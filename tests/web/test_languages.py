"""Somebody who reads no French is never suddenly spoken to in French, whatever happens."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.catalogue import KINDS
from kiosk.web.shared import texts
from tests.spoken import TRANSLATED, tag_of, untranslated
from tests.web.contractor import Contractor, Organisation, PlainBrowser


def addresses(app: Flask, language: str) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or "lang" not in rule.arguments:
            continue
        path = rule.rule.replace("<language:lang>", language)
        listed = re.search(r"<any\((.*?)\):\w+>", path)
        values = listed[1].split(", ") if listed else list(KINDS)
        paths = {re.sub(r"<.*>", value, path) for value in values}
        yield from sorted(paths)


def everything_shown(app: Flask, db: Database, language: str) -> Iterator[tuple[str, str]]:
    """Every page a contractor can get, and every state of it, with its name.

    Without scripts a form holds every question, those that only some answers call for included.
    """
    client = PlainBrowser(app, app.response_class)
    for path in addresses(app, language):
        yield path, client.get(path).text
    for kind in KINDS:
        address = f"/{language}/report/{kind}"
        yield f"{kind}, empty", client.post(address, data={}).text
        yield f"{kind}, too long", client.post(address, data={"place": "1" * 501, "description": "1" * 20_001}).text
        yield f"{kind}, foreign", client.post(address, data={}, headers={"Sec-Fetch-Site": "cross-site"}).text
    fields = {"description": "1", "personal_data": "yes", "submission_id": "3f0a2c58-1f0e-4a53-9a3e-2f6a4d1c7b11"}
    for again in ("receipt", "receipt again"):
        receipt = client.post(f"/{language}/report/lost_access", data=fields).text
        yield again, receipt
    code = re.findall(r'data-follow-up-code="([^"]+)"', receipt)[0]
    yield "wrong code", client.post(f"/{language}/follow-up", data={"code": "0"}).text
    yield "right code", client.post(f"/{language}/follow-up", data={"code": code}).text
    db.execute(
        "UPDATE deliveries SET state = 'sent', sent_at = ? WHERE audience_id = 'mssi'",
        [clock.to_text(clock.now())],
    )
    yield "partly sent", client.post(f"/{language}/follow-up", data={"code": code}).text
    for says in ({"says": "detail"}, {"says": "detail", "text": "1" * 5001}, {"says": "detail", "text": "1"}):
        yield f"adding {len(says)}", client.post(f"/{language}/follow-up", data={"code": code, **says}).text
    foreign = {"code": code, "says": "found"}
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    yield "adding from elsewhere", client.post(f"/{language}/follow-up", data=foreign, headers=elsewhere).text
    values = ", taken_role = 'authorised', taken_at = :now, eta_at = '2126-01-01T00:00:00.000Z'"
    db.execute(f"UPDATE reports SET state = 'acknowledged'{values}", {"now": clock.to_text(clock.now())})
    yield "taken", client.post(f"/{language}/follow-up", data={"code": code}).text
    for again in ("found", "found again"):
        yield again, client.post(f"/{language}/follow-up", data={"code": code, "says": "found"}).text
    yield "lost", client.get(f"/{language}/nowhere").text
    yield "wrong way", client.get(f"/{language}/transmission").text
    yield "too much", client.post(f"/{language}/follow-up", data={"code": "1" * 300_000}).text


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_page_falls_back_into_french(language: str, app: Flask, db: Database) -> None:
    for name, page in everything_shown(app, db, language):
        assert f'<html lang="{tag_of(language)}"' in page, name
        assert untranslated(page, language) == [], name


def test_arabic_pages_read_from_right_to_left_and_english_ones_do_not(contractor: Contractor) -> None:
    assert 'dir="rtl"' in contractor.opens("/ar/").page.split("<head>")[0]
    assert 'dir="ltr"' in contractor.opens("/en/").page.split("<head>")[0]


def test_the_french_stands_small_under_what_is_translated_and_nowhere_in_french(contractor: Contractor) -> None:
    small = '<small class="french" aria-hidden="true"><bdi lang="fr" dir="ltr">'
    page = contractor.opens("/ar/report/theft").page
    assert f"{small}Matériel ou document disparu</bdi>" in page
    assert f"{small}Qu&#39;est-ce qui a disparu\N{NO-BREAK SPACE}?</bdi>" in page
    assert f"{small}Ordinateur</bdi>" in page
    assert small not in contractor.opens("/fr/report/theft").page
    assert small + "Archives" not in contractor.opens("/en/report/theft").page, "the same word twice helps nobody"


def test_dates_are_those_of_morocco_and_digits_latin(app: Flask) -> None:
    with app.test_request_context("/ar/"):
        app.preprocess_request()
        moment = datetime(2026, 11, 21, 13, 5, tzinfo=UTC)
        assert texts.long_date(moment) == "21 نونبر 2026"
        assert texts.clock_time(moment) == "14:05"


def test_changing_the_language_of_a_form_keeps_every_answer_and_stores_nothing(
    app: Flask, organisation: Organisation
) -> None:
    said = {"zone": "zone-2", "what": ["computer", "post"], "description": "سرقة الحاسوب", "name": "A. Martin"}
    said["submission_id"] = "3f0a2c58-1f0e-4a53-9a3e-2f6a4d1c7b11"
    page = PlainBrowser(app, app.response_class).post("/en/report/theft/language", data=said).text
    assert '<html lang="en-GB" dir="ltr">' in page
    assert len(re.findall(r"<input[^>]* checked>", page)) == 3
    assert "سرقة الحاسوب</textarea>" in page
    assert 'value="A. Martin"' in page
    assert said["submission_id"] in page
    assert 'role="alert" tabindex="-1" aria-labelledby="summary-title"' not in page, "nobody has sent anything yet"
    assert organisation.reports == 0


def test_an_address_without_a_page_answers_in_its_language(contractor: Contractor) -> None:
    assert "This page does not exist" in contractor.opens("/en/nowhere").page
    assert "Cette page n&#39;existe pas" in contractor.opens("/nowhere").page


@pytest.mark.parametrize("path", ["/en/", "/en/follow-up", "/en/nowhere"])
def test_one_tap_leads_to_the_same_page_in_another_language(path: str, contractor: Contractor) -> None:
    there = re.findall(r'href="(/ar/[^"]*)" lang="ar"', contractor.opens(path).page)
    assert there == [path.replace("en", "ar") if "nowhere" not in path else "/ar/"]
    assert contractor.opens(there[0]).status == 200


def test_whoever_finishes_leaves_the_french_first_page_behind(app: Flask) -> None:
    receipt = PlainBrowser(app, app.response_class).post("/ar/report/other", data={"description": "1"}).text
    assert 'data-forget="/fr/"' in receipt
    assert re.search(r'class="button send" href="/fr/"', receipt)
