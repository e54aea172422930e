"""Strangers' words: every character is seen, nothing of them can be clicked, and a number reads as it is dialled."""

import json
import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from kiosk.domain.severity import Severity
from kiosk.domain.text import legible
from kiosk.mail import safe_text
from kiosk.mail.safe_text import CAUTION, all_legible, caution, shown, unclickable, unclickable_json
from tests.unit.mails import ISOLATES, mail

HIDDEN = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")
DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI", "BN"}
# What mail programs and telephones make links of: each at least this much.
AUTOLINKED = {
    "a scheme": r"[A-Za-z][A-Za-z0-9+.-]*:(?=[\w/\\])",
    "a host": r"[^\s.@/]\.[^\W\d_]{2,}",
    "an address": r"[^\s\[]@|@[^\s\]]",
    "a path on a server": r"\\\\\w",
    "a telephone": r"(?<![\d·])(?:\+\d(?:[ .()/-]{0,3}\d){5,16}|0(?:[ .()/-]{0,3}\d){8,16})(?!\d)",
}
anything = st.text(st.characters(exclude_categories=()), max_size=200)
chars = st.sampled_from("a9.@:/\\ +é٠०\u200f\u0301·-")
LINKS = ("http://", "www.", "a@b.fr", "exemple.fr", "tel:+33612345678", "06 12 34 56 78", r"\\srv\p")
links = st.lists(st.sampled_from(LINKS) | chars, max_size=30).map("".join)


def clean(text: str) -> str:
    """Without the isolates that are ours."""
    return unclickable(legible(text)).translate(ISOLATES)


@given(anything)
def test_no_character_is_invisible_or_changes_the_direction(text: str) -> None:
    for letter in shown(legible(text)):
        assert letter in "\n\t" or unicodedata.category(letter) not in HIDDEN, f"U+{ord(letter):04X}"
        assert unicodedata.bidirectional(letter) not in DIRECTIONS or letter in "\n\t"


def test_every_character_of_the_hidden_categories_is_named() -> None:
    for code in (*range(0x1D200), *range(0xE0000, 0xE0200), sys.maxunicode):
        letter = chr(code)
        if not letter.isascii() and unicodedata.category(letter) in HIDDEN:
            assert shown(letter) == f"⟨U+{code:04X}⟩"


@pytest.mark.parametrize(
    "code", [0x034F, 0x115F, 0x1160, 0x17B4, 0x180B, 0x2800, 0x3000, 0x3164, 0xFE0F, 0xFFA0, 0xFFFC, 0x13441, 0xE0100]
)
def test_what_is_blank_without_being_called_so_is_named_too(code: int) -> None:
    assert shown(f"a{chr(code)}b") == f"a⟨U+{code:04X}⟩b"


@given(anything)
def test_no_letter_carries_more_than_three_marks_and_none_falls_on_ours(text: str) -> None:
    before = " "
    marks = 0
    for letter in shown(legible(text)):
        marks = marks + 1 if unicodedata.category(letter).startswith("M") else 0
        assert marks <= 3
        assert not (marks and before.isspace())
        before = letter


def test_the_marks_that_are_left_out_are_counted() -> None:
    assert shown("e" + "\u0301" * 50 + "x") == "e" + "\u0301" * 3 + "⟨+47⟩x"
    assert shown("\u0301x") == "\N{DOTTED CIRCLE}\u0301x"
    assert shown("été, Tiếng Việt, שָׁלוֹם") == "été, Tiếng Việt, שָׁלוֹם"


@given(anything | links)
@pytest.mark.parametrize("pattern", AUTOLINKED.values(), ids=AUTOLINKED)
def test_nothing_is_left_that_a_program_makes_a_link_of(pattern: str, text: str) -> None:
    assert not re.search(pattern, clean(text)), clean(text)


@given(anything | links)
def test_the_quick_look_for_links_misses_none(text: str) -> None:
    quick = unclickable(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(safe_text, "CLICKABLE", re.compile(""))
        assert quick == unclickable(text)


@given(anything | links)
def test_what_was_typed_can_still_be_read(text: str) -> None:
    """Only signs are added, and digits of other scripts written as ours."""
    said = [str(unicodedata.decimal(each, each)) for each in legible(text) if each.isalnum()]
    kept = iter(clean(text))
    assert all(letter in kept for letter in said if shown(letter) == letter)


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("voir https://evil.example/a?b=c", "voir https[:]//evil[.]example/a?b=c"),
        ("www.evil.fr, ou exemple.fr", "www[.]evil[.]fr, ou exemple[.]fr"),
        ("mailto:a@b.fr", "mailto[:]a[@]b[.]fr"),
        ("ａ＠ｂ．ｆｒ", "ａ[@]ｂ[.]ｆｒ"),
        ("exa\u200bmple.fr", "exa⟨U+200B⟩mple[.]fr"),
        (r"file:///c:/x et \\srv\p", r"file[:]///c[:]/x et [\\]srv\p"),
        ("06 12 34 56 78", "06·12·34·56·78"),
        ("0612345678", "06·12·34·56·78"),
        ("+33 (0)6-12-34-56-78", "+33·6·12·34·56·78"),
        ("\u200f05 04 03 02 01", "⟨U+200F⟩05·04·03·02·01"),
        ("٠٦ ١٢ ٣٤ ٥٦ ٧٨", "06·12·34·56·78"),
        ("06－12／34．56ー78", "06·12·34·56·78"),
        ("［06］12(34)～56 [78]", "［06·12·34·56·78]"),
        ("＋377 99 99", "＋377·99·99"),
        ("1.2.3.4/a, version 1.2.3", "1[.]2[.]3[.]4/a, version 1.2.3"),
        ("le 20/11/2026 vers 12:30, badge n° 4512.", "le 20/11/2026 vers 12:30, badge n° 4512."),
        ("La porte est ouverte. Elle bat... Voilà !", "La porte est ouverte. Elle bat... Voilà !"),
    ],
)
def test_it_stays_readable(typed: str, seen: str) -> None:
    assert unclickable(typed) == seen


@pytest.mark.parametrize("typed", ["اتصل 06 12 34 56 78 الآن", "اتصل ٠٦ ١٢ ٣٤ الآن"])
def test_beside_right_to_left_letters_a_number_keeps_the_order_in_which_it_is_dialled(typed: str) -> None:
    """Isolated without a letter, so from left to right (UAX 9, X5c and P3)."""
    (isolated,) = re.findall("\u2068([^\u2069]*)\u2069", unclickable(typed))
    assert re.sub("[ ·]", "", isolated) in ("0612345678", "061234")


def test_one_sentence_says_why_where_there_is_something_to_say() -> None:
    assert caution(["La porte est ouverte."]) == ""
    assert caution(["rien", "voir exemple.fr"]) == CAUTION
    for composed in (mail(description="voir exemple.fr"), mail(contact_telephone="06 12 34 56 78")):
        assert "pour que personne ne soit conduit ailleurs" in " ".join(composed.text.split())
        assert "pour que personne ne soit conduit ailleurs" in composed.html
    silent = mail(contact_telephone="", description="La porte.")
    assert "conduit ailleurs" not in silent.text + silent.html


@given(st.dictionaries(anything | links, anything | links | st.floats(allow_nan=False) | st.integers(), max_size=4))
def test_json_says_the_same_in_letters_that_nothing_makes_a_link_of(told: dict[str, object]) -> None:
    written = unclickable_json(json.dumps(told, ensure_ascii=False))
    assert json.loads(written) == told
    for name in ("a host", "an address"):
        assert not re.search(AUTOLINKED[name], written), written
    assert "://" not in written
    for letter in written:
        assert unicodedata.category(letter) not in HIDDEN


WORDS = ("description", "place", "already_done", "observed_typed")
FIELDS = (*WORDS, "contact_name", "contact_company", "contact_telephone")


@pytest.mark.parametrize("field", FIELDS)
def test_in_no_field_of_a_mail_can_a_strangers_link_be_clicked(field: str) -> None:
    composed = mail(**{field: "https://evil.example/x a@evil.example 06 99 99 99 99"})
    for part in (composed.text, composed.html):
        assert "evil[.]example" in part
        assert "06·99·99·99·99" in part
        assert not re.search(r"https?://evil|evil\.example|06 99 99|tel:[+0-9]*99", part)
    (attachment,) = composed.parsed.iter_attachments()
    assert b"evil.example" not in attachment.get_content()
    assert "https://evil.example/x a@evil.example 06 99 99 99 99" in str(composed.payload)


def test_every_kind_of_text_becomes_legible_but_members_of_enumerations() -> None:
    found = all_legible(((Markup("a\x00"), ["b\x00"]), Severity.CRITICAL))
    assert found == (("a\u2400", ["b\u2400"]), Severity.CRITICAL)
    assert found[1] is Severity.CRITICAL
