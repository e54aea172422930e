"""Whatever comes through the door, an honest report comes through with it."""

import json
import re
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from kiosk.config import Settings
from kiosk.domain.catalogue import kind_of
from kiosk.domain.report import SentFrom
from kiosk.web.shared import question_fields
from kiosk.web.shared.report_form import form_for
from tests.build import NOON
from tests.web.contractor import Contractor, Organisation

FORM = "application/x-www-form-urlencoded"
FIELDS = ("zone", "place", "when", "when_date", "when_time", "ongoing", "means", "marking", "description", "name")
SETTINGS = Settings(instance=Path("nowhere"))


def multipart(name: str, value: bytes) -> tuple[bytes, str]:
    body = (
        b'--edge\r\nContent-Disposition: form-data; name="' + name.encode() + b'"\r\n\r\n' + value + b"\r\n--edge--\r\n"
    )
    return body, "multipart/form-data; boundary=edge"


def test_an_unknown_kind_becomes_other(contractor: Contractor, organisation: Organisation) -> None:
    answer = contractor.sends("volcano", description="Fumée")
    assert organisation.row(answer.reference)["kind"] == "other"
    assert contractor.opens("/fr/report/volcano").status == 200


@pytest.mark.parametrize("value", ["gone", "-1", str(2**63), "zone-1'; DROP TABLE reports", "x" * 5000])
def test_an_unknown_choice_is_dropped_and_flagged(
    value: str, contractor: Contractor, organisation: Organisation
) -> None:
    answer = contractor.sends("theft", zone=value, ongoing=value, description="Vu")
    row = organisation.row(answer.reference)
    assert (row["zone"], row["ongoing"]) == (None, "unknown")
    assert organisation.flags(answer.reference) == ["unknown_choice"]


def test_a_choice_that_is_no_longer_offered_does_not_refuse_the_report(contractor: Contractor) -> None:
    assert contractor.sends("theft", zone="zone-of-last-year").is_receipt


def test_keys_that_no_question_has_change_nothing(contractor: Contractor, organisation: Organisation) -> None:
    answer = contractor.sends("theft", description="Vu", status="sent", id="1", reference="AAA", severity="normal")
    assert organisation.row(answer.reference)["reference"] != "AAA"
    assert organisation.flags(answer.reference) == []


def test_of_a_key_given_twice_the_first_counts_and_every_ticked_box(
    contractor: Contractor, organisation: Organisation
) -> None:
    pairs = [("description", "un"), ("description", "deux"), ("zone", "zone-2"), ("zone", "zone-3")]
    body = urlencode([*pairs, ("means", "key"), ("means", "badge"), ("means", "key")]).encode()
    response = contractor.client.post("/fr/report/lost_access", data=body, content_type=FORM)
    reference = re.search(r'data-reference="([^"]+)"', response.text)
    assert reference
    content = organisation.content(reference[1])
    assert (content["description"], content["answers"]["means"]) == ("un", ["badge", "key"])
    assert organisation.row(reference[1])["zone"] == "zone-2"


@pytest.mark.parametrize("body", [b"description=%ED%A0%80%FF", b"description=caf%E9", b"description=caf\xe9&name=A"])
def test_bytes_that_are_no_utf_8_are_kept_and_flagged(
    body: bytes, contractor: Contractor, organisation: Organisation
) -> None:
    answer = contractor.sends_body(body, FORM)
    assert answer.is_receipt
    assert "encoding" in organisation.flags(answer.reference)
    assert organisation.content(answer.reference)["description"]


def test_bad_bytes_in_a_multipart_form_are_kept_and_flagged(contractor: Contractor, organisation: Organisation) -> None:
    answer = contractor.sends_body(*multipart("description", b"caf\xe9 \xed\xa0\x80"))
    assert organisation.flags(answer.reference) == ["encoding"]
    assert organisation.content(answer.reference)["description"].startswith("caf")


def test_per_cent_signs_that_somebody_typed_arrive_as_typed(contractor: Contractor, organisation: Organisation) -> None:
    answer = contractor.sends("theft", description="100 % sûr, 20%25, %41")
    assert organisation.flags(answer.reference) == []
    assert organisation.content(answer.reference)["description"] == "100 % sûr, 20%25, %41"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("avant\0après", "avant␀après"),
        ("\r\n.\r\nMAIL FROM:<x@y>\r\n", ".\nMAIL FROM:<x@y>"),
        ("<script>alert(1)</script>{{7*7}}", "<script>alert(1)</script>{{7*7}}"),
        ("=?utf-8?q?=0D=0ABcc:_v@x?=", "=?utf-8?q?=0D=0ABcc:_v@x?="),
        ("مرحبا 🔑 \u202eabc", "مرحبا 🔑 \u202eabc"),
        ("a\n" * 3000, ("a\n" * 3000).strip()),
    ],
)
def test_strange_text_arrives_as_harmless_text(
    typed: str, kept: str, contractor: Contractor, organisation: Organisation
) -> None:
    assert organisation.content(contractor.sends(description=typed).reference)["description"] == kept


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029"])
def test_a_line_stays_one_line(end: str, contractor: Contractor, organisation: Organisation) -> None:
    answer = contractor.sends(place=f"Porte{end}Bcc: x", name=f"A{end}B")
    assert "\n" not in organisation.content(answer.reference)["place"]
    assert len(organisation.contact(answer.reference)["name"].splitlines()) == 1


def test_what_was_typed_is_shown_again_escaped(contractor: Contractor) -> None:
    page = contractor.sends(description="<b onclick=x>" + "a" * 20_001, place='"><script>').page
    assert "&lt;b onclick=x&gt;" in page
    assert "&#34;&gt;&lt;script&gt;" in page
    assert "<script>" not in page.replace("<script defer", "")


def test_20_000_characters_are_taken_whole(contractor: Contractor, organisation: Organisation) -> None:
    text = "é🔑" * 10_000
    answer = contractor.sends(description=text)
    assert organisation.content(answer.reference)["description"] == text


def test_a_text_that_is_too_long_comes_back_whole_with_everything_else(contractor: Contractor) -> None:
    answer = contractor.sends(description="ab" * 10_001, zone="zone-2", name="A. Martin", when="yesterday")
    assert answer.status == 422
    assert "ab" * 10_001 in answer.page
    assert 'value="zone-2"\n           id="zone-zone-2" autocomplete="off" checked' in answer.page
    assert 'value="A. Martin"' in answer.page
    assert answer.page.count("Ce texte est trop long") == 2
    assert "20\u202f002" in answer.page


@pytest.mark.parametrize("field", ["place", "already_done", "name", "company", "telephone"])
def test_a_line_over_500_characters_comes_back_whole(field: str, contractor: Contractor) -> None:
    assert contractor.sends(**{field: "y" * 500}).is_receipt
    answer = contractor.sends(**{field: "y" * 501})
    assert (answer.status, "y" * 501 in answer.page) == (422, True)
    assert f'href="#{field}"' in answer.page


def test_a_body_over_256_kib_gets_a_page_that_says_so(contractor: Contractor, organisation: Organisation) -> None:
    answer = contractor.sends(description="a" * 300_000)
    assert answer.status == 413
    assert "C&#39;est trop long pour un seul envoi" in answer.page
    assert organisation.reports == 0


def test_a_thousand_parts_are_refused_and_not_worked_on(contractor: Contractor) -> None:
    part = b'--edge\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n'
    started = time.monotonic()
    answer = contractor.sends_body(part * 1000 + b"--edge--\r\n", "multipart/form-data; boundary=edge")
    assert answer.status == 413
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"description": "\\ud800"}', "application/json"),
        (b"{not json", "application/json"),
        (b"description=x", "text/plain"),
        (b"\x00\x01", "application/octet-stream"),
        (b"--nothing", "multipart/form-data"),
        (b"", FORM),
    ],
)
def test_other_kinds_of_body_count_as_an_empty_form(body: bytes, content_type: str, contractor: Contractor) -> None:
    assert contractor.sends_body(body, content_type).status == 422


@pytest.mark.parametrize(
    ("when_date", "when_time", "kept"),
    [("hier soir", "", "hier soir"), ("2026-13-40", "25:99", "2026-13-40 25:99"), ("0000-00-00", "", "0000-00-00")],
)
def test_a_date_nobody_can_read_is_kept_word_for_word(
    when_date: str, when_time: str, kept: str, contractor: Contractor, organisation: Organisation
) -> None:
    answer = contractor.sends(when="at", when_date=when_date, when_time=when_time)
    assert organisation.content(answer.reference)["observed_typed"] == kept
    assert organisation.row(answer.reference)["observed_precision"] == "unknown"


@pytest.mark.parametrize("day", ["0001-01-01", "1970-01-01", "2038-01-19", "9999-12-31"])
def test_a_date_far_away_is_taken(day: str, contractor: Contractor) -> None:
    assert contractor.sends(when="at", when_date=day).is_receipt


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.dictionaries(st.sampled_from([*FIELDS, "nonsense"]), st.lists(st.text(max_size=40), max_size=3)))
def test_no_words_can_break_the_form(said: dict[str, list[str]], app: Flask) -> None:
    with app.test_request_context():
        form = form_for(kind_of("lost_access"), SETTINGS.local_site, MultiDict(said))
        form.validate()
        report = form.to_report(SETTINGS, language="fr", now=NOON, sent_from=SentFrom.VISITOR)
    assert report.fingerprint()
    assert "\n" not in report.place + report.contact.name
    assert "\0" not in report.description
    json.dumps(report.content(), ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize("field", ["description", "name"])
def test_a_text_over_its_limit_is_not_looked_at_for_damage(
    field: str, contractor: Contractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    monkeypatch.setattr(question_fields, "is_mangled", lambda text: looked.extend(filter(None, [len(text)])))
    assert contractor.sends_body(field.encode() + b"=" + b"%E9" * 80_000, FORM).status == 422
    assert looked == []
    assert contractor.sends_body(field.encode() + b"=" + b"%E9" * 100, FORM).is_receipt
    assert looked == [100]


def test_more_fields_than_any_form_has_are_not_worked_on(contractor: Contractor, organisation: Organisation) -> None:
    assert contractor.sends_body(b"x=1&" * 499 + b"description=seen", FORM).is_receipt
    assert contractor.sends_body(b"x=1&" * 500 + b"description=unseen", FORM).status == 422
