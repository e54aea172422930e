"""Whatever text comes through the door is made harmless, and none of it is refused or cut."""

import sys
import unicodedata
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kiosk.domain.text import DESCRIPTION_LIMIT, clean_line, clean_text, is_mangled, legible

LINE_ENDS = {
    "CR": "\r",
    "LF": "\n",
    "CRLF": "\r\n",
    "VT": "\v",
    "FF": "\f",
    "FS": "\x1c",
    "GS": "\x1d",
    "RS": "\x1e",
    "NEL": "\x85",
    "LS": "\u2028",
    "PS": "\u2029",
}
# Lone surrogates included: that is what a decoder lets through.
pieces = st.sampled_from([*LINE_ENDS.values(), "\0", "\x7f", "\ud800", "a", " "])
any_text = st.text(st.characters(codec=None)) | st.lists(pieces).map("".join)

every_line_end = pytest.mark.parametrize("line_end", LINE_ENDS.values(), ids=LINE_ENDS)


@pytest.mark.parametrize("clean", [clean_text, clean_line])
def test_a_lone_surrogate_is_replaced_and_remembered(clean: Callable[[str], str]) -> None:
    typed = "porte \ud800 ouverte \udfff"
    assert clean(typed) == "porte \N{REPLACEMENT CHARACTER} ouverte \N{REPLACEMENT CHARACTER}"
    assert is_mangled(typed)
    assert is_mangled(clean(typed))


@pytest.mark.parametrize("clean", [clean_text, clean_line])
def test_nul_becomes_visible(clean: Callable[[str], str]) -> None:
    assert clean("badge\0perdu") == "badge\N{SYMBOL FOR NULL}perdu"
    assert not is_mangled("badge\0perdu")


@every_line_end
def test_one_line_stays_one_line(line_end: str) -> None:
    assert clean_line(f"badge 12{line_end}Bcc: x@example.org") == "badge 12 Bcc: x@example.org"


@every_line_end
def test_several_lines_end_in_one_way(line_end: str) -> None:
    assert clean_text(f"une porte{line_end}ouverte{line_end}{line_end}ici") == "une porte\nouverte\n\nici"


def test_mixed_line_ends_keep_their_number() -> None:
    assert clean_text("a\r\nb\rc\nd\n\re") == "a\nb\nc\nd\n\ne"


def test_an_encoded_word_stays_what_was_typed() -> None:
    assert clean_line("=?utf-8?q?=0D=0ABcc:_v@x?=") == "=?utf-8?q?=0D=0ABcc:_v@x?="


@pytest.mark.parametrize(
    "typed",
    [
        ".\n.\nMAIL FROM:<x@example.org>",
        "<script>alert(1)</script><b hx-get=/x>{{7*7}}",
        "=cmd()|' /C calc'!A0",
        "🚪🔓 👩🏽‍🔧 a\N{COMBINING ACUTE ACCENT}",
        "الباب مفتوح\tغرفة ٣",
        "\N{RIGHT-TO-LEFT OVERRIDE}fdp.exe\N{POP DIRECTIONAL FORMATTING}",
        "\N{ZERO WIDTH NO-BREAK SPACE}texte\N{ZERO WIDTH SPACE}caché",
        "x" * 998 + " " + "y" * 5_000,
        "100 % des portes, 50%de remise, caf%C3%A9, %41",
    ],
)
def test_what_is_strange_but_text_is_kept_word_for_word(typed: str) -> None:
    assert clean_text(typed) == typed
    assert not is_mangled(typed)


def test_nothing_is_cut_however_long() -> None:
    assert len(clean_text("é" * (DESCRIPTION_LIMIT * 3))) == DESCRIPTION_LIMIT * 3
    assert clean_text("a" + "\n" * 50_000 + "b").count("\n") == 50_000


@pytest.mark.parametrize(
    "typed",
    [
        "caf%E9",  # Latin-1 in a urlencoded form
        "%ED%A0%80%FF",  # an encoded surrogate and a byte that UTF-8 never has
        "été%E9",
        "caf\N{REPLACEMENT CHARACTER}",  # a multipart form
    ],
)
def test_bytes_that_were_no_utf8_are_kept_and_flagged(typed: str) -> None:
    assert is_mangled(typed)
    assert clean_line(typed) == typed


def letter_by_letter(text: str) -> str:
    """What ``legible`` promises, spelt out by each letter's category: slow, and easy to believe."""
    return "".join(map(seen, text.replace("\r\n", "\n")))


def seen(letter: str) -> str:
    if letter in LINE_ENDS.values():
        return "\n"
    category = unicodedata.category(letter)
    if "\udc80" <= letter <= "\udcff":
        return f"%{ord(letter) - 0xDC00:02X}"
    if category == "Cs":
        return "\N{REPLACEMENT CHARACTER}"
    if category == "Cc" and letter != "\t":
        return chr(0x2400 + ord(letter)) if ord(letter) < 0x20 else " "
    return letter


@given(any_text)
@example("".join(map(chr, range(sys.maxunicode + 1))))
@example("".join(filter(str.isprintable, map(chr, range(sys.maxunicode + 1)))))
def test_the_quick_way_and_the_slow_way_come_to_the_same(typed: str) -> None:
    assert legible(typed) == letter_by_letter(typed)


@given(any_text)
@example("\r\n" * 3 + "\ud800\udc00")
def test_cleaned_text_can_be_stored_sent_and_shown(typed: str) -> None:
    for cleaned in (clean_text(typed), clean_line(typed)):
        cleaned.encode("utf-8")
        left = {unicodedata.category(letter) for letter in cleaned if letter not in "\n\t"}
        assert left.isdisjoint({"Cc", "Cs", "Zl", "Zp"})
    assert clean_text(typed).splitlines() == clean_text(typed).split("\n") or clean_text(typed) == ""


@given(any_text)
def test_a_cleaned_line_is_safe_where_a_header_would_break(typed: str) -> None:
    line = clean_line(typed)
    assert len(line.splitlines()) <= 1
    mail = EmailMessage()
    mail.set_content(line, cte="base64")
    assert mail.get_content() == line + "\n"


@given(any_text)
def test_cleaning_twice_changes_nothing_more(typed: str) -> None:
    assert clean_text(clean_text(typed)) == clean_text(typed)
    assert clean_line(clean_line(typed)) == clean_line(typed)


@given(any_text)
def test_cleaning_adds_nothing_and_loses_no_letter(typed: str) -> None:
    assert len(clean_text(typed)) <= len(typed)
    assert letters(clean_text(typed)) == letters(clean_line(typed)) == letters(typed)


def letters(text: str) -> list[str]:
    return [letter for letter in text if unicodedata.category(letter)[0] in "LMNP"]


def test_every_character_there_is_passes_the_door() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    for cleaned in (clean_text(everything), clean_line(everything)):
        assert cleaned.encode("utf-8").decode("utf-8") == cleaned
        assert not set(cleaned) & set("\r\v\f\0\x1b\x7f\x85\x9b\u2028\u2029")
    assert "\n" not in clean_line(everything)


def test_control_characters_cannot_command_a_terminal() -> None:
    assert clean_line("\x1b[2Jeffacé\x07") == "\N{SYMBOL FOR ESCAPE}[2Jeffacé\N{SYMBOL FOR BELL}"
    assert clean_line("a\x9b31mb\x7fc") == "a 31mb c"


@pytest.mark.parametrize("typed", ["", " ", "\n\n\t", "\r\n \N{NO-BREAK SPACE}", "\x85"])
def test_blank_is_nothing(typed: str) -> None:
    assert clean_text(typed) == clean_line(typed) == ""
