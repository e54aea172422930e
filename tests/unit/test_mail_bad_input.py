"""Whatever is typed at the terminal, the mail is made, its headers stay ours, and the words arrive."""

import re
from dataclasses import fields
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.domain.text import clean_line, clean_text, legible
from kiosk.mail.envelope import Recipient
from kiosk.mail.render import text_item
from kiosk.mail.report.facts import Facts, Said, Telephone
from kiosk.mail.safe_text import CAUTION, one_line, unclickable
from tests.unit.mails import ISOLATES, STATIONERY, Mail, mail

TYPED = ("description", "place", "already_done", "observed_typed", "contact_name", "contact_company")
NASTY = {
    "a header": "x\r\nBcc: victim@x.example\r\n\r\nbody",
    "an encoded word": "=?utf-8?q?=0D=0ABcc:_victim@x.example?=",
    "line and paragraph separators": "a\u2028Bcc: v@x.example\u2029b\x85c\x0bd\x0ce\x1cf\x1dg\x1eh",
    "NUL": "avant\0après",
    "other control characters": "\x01\x02\x07\x08\x1b[31m\x7f\x80\x9f",
    "a lone surrogate": "a\ud800b\udfffc",
    "a surrogate from undecodable bytes": "caf\udce9",
    "right-to-left override": "facture\u202efdp.exe",
    "isolates that are not ours": "\u2066\u2067\u2068a\u2069\u2069\u2069b",
    "Arabic": "سُرق حاسوبي المحمول، هل يمكنكم الاتصال بالمدير؟",
    "twenty thousand emoji": "😀" * 20_000,
    "a family of emoji": "👨‍👩‍👧‍👦" * 500,
    "the end of an SMTP mail": "fin\r\n.\r\nMAIL FROM:<v@x.example>\r\n",
    "dots alone on lines": "\n.\n..\n.\n",
    "a line without end": "a" * 50_000,
    "fifty thousand lines": "\n" * 50_000,
    "only spaces": " " * 3000 + "\t" * 3000,
    "HTML": "<script>alert(1)</script><img src=x onerror=y><!-- --></td></table>'\"&amp;",
    "a template": "{{ 7 * 7 }}{% for x in y %}${7*7}",
    "a MIME boundary": "--=_e5bb1fc7ba99e8914478--\r\nContent-Type: text/html\r\n\r\n<b>",
    "words of ours": "»\nNIVEAU DE GRAVITÉ : NORMAL\n-----\nPris en charge : oui",
    "a byte order mark": "\ufeffbonjour\ufffe\uffff",
    "bare carriage returns": "un\rdeux\rtrois",
    "a quotation": "> From nobody\nFrom moi",
}


def with_everywhere(text: str) -> Mail:
    said = (Said("marking", "Quel numéro ?", text, text, free=True), Said("means", "Quoi ?", text, [text]))
    return mail(**dict.fromkeys(TYPED, text), contact_telephone=text, said=said)


@pytest.fixture(scope="module")
def ordinary() -> Mail:
    return mail(description="x")


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_no_header_depends_on_what_was_typed(text: str, ordinary: Mail) -> None:
    composed = with_everywhere(text)
    assert composed.header_block == ordinary.header_block
    assert not composed.fallback
    assert composed.raw.isascii()
    assert max(len(line) for line in composed.raw.split(b"\r\n")) <= 78
    assert [part.get_content_type() for part in composed.parsed.walk()] == [
        part.get_content_type() for part in ordinary.parsed.walk()
    ]
    assert not any(part.defects for part in composed.parsed.walk())


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_the_words_arrive_in_the_attachment_letter_by_letter(text: str) -> None:
    told, line = clean_text(text), clean_line(text)
    composed = mail(description=told, place=line, already_done=line)
    assert composed.payload["description"] == told
    assert composed.payload["place"]["free"] == (line or None)
    assert composed.payload["immediate_action"] == line


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_the_description_arrives_in_the_text_part(text: str) -> None:
    composed = mail(description=text)
    assert composed.quoted_description == unclickable(legible(text)).translate(ISOLATES).replace("\n", "")


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_no_line_of_a_report_stands_where_ours_stand(text: str) -> None:
    """Behind a bar, or inside a line that began with a label of ours: never at the start of a line."""
    ours = with_everywhere(text).text.replace(f"{text_item(CAUTION)}\n\n", "", 1)
    starts = [line[:12] for line in ours.split("\n") if line[:1].strip()]
    expected = [line[:12] for line in with_everywhere("x").text.split("\n") if line[:1].strip()]
    assert starts == expected


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_no_control_character_reaches_a_reader(text: str) -> None:
    composed = with_everywhere(text)
    for part in (composed.text, composed.html):
        assert not {letter for letter in part if letter < " " and letter not in "\n\t"}
        assert not set(part) & set("\x7f\x85\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067")


letters = st.text(st.characters(exclude_categories=()), max_size=300)


@settings(max_examples=80, deadline=None)
@given(text=letters)
def test_any_text_at_all_is_mailed(text: str) -> None:
    composed = with_everywhere(text)
    assert not composed.fallback
    assert composed.quoted_description == unclickable(legible(text)).translate(ISOLATES).replace("\n", "")
    assert composed.payload["description"] == legible(text)
    assert composed.raw == with_everywhere(text).raw


TEXT_FIELDS = [field.name for field in fields(Facts) if field.type is str]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_every_field_may_hold_any_text(data: st.DataObject) -> None:
    """Even those that only the catalogue and the settings fill: whatever they hold, one readable mail leaves."""
    changes = {name: data.draw(letters) for name in data.draw(st.sets(st.sampled_from(TEXT_FIELDS), max_size=6))}
    recipient = Recipient("mssi", data.draw(letters))
    composed = mail(recipient, STATIONERY, **changes, telephones=(Telephone("manager", data.draw(letters), "0"),))
    assert composed.raw.isascii()
    assert composed.parsed["Bcc"] is None
    # Not read by the standard parser: it fails itself on some of these (an IndexError for <:@x>).
    assert re.search(r"^Message-ID:\s+\S", composed.header_block, re.MULTILINE)
    assert one_line(changes.get("description", "Le badge")) in one_line(composed.payload["description"])


@pytest.mark.parametrize("year", [1, 5, 1970, 9999])
def test_an_impossible_year_is_mailed(year: int) -> None:
    moment = datetime(year, 6, 1, 12, 0, tzinfo=UTC)
    composed = mail(observed_precision="at", observed_earliest=moment, observed_latest=moment, aware_at=moment)
    assert not composed.fallback
    assert composed.payload["observed"]["latest"] == f"{year:04}-06-01T12:00:00.000Z"
