"""A relay's words, as they are kept and shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.delivery.relay_reply import LONGEST_WORDS, parse_line, printable


@given(st.binary(max_size=2000))
def test_whatever_a_relay_says_becomes_short_printable_ascii(raw: bytes) -> None:
    words = printable(raw)
    assert len(words) <= LONGEST_WORDS
    assert words.isascii()
    assert not words or words.isprintable()


def test_plain_words_stay_as_they_are() -> None:
    assert printable(b"550 5.1.1 <a@b.example>: no such user") == "550 5.1.1 <a@b.example>: no such user"


def test_control_characters_and_other_alphabets_are_spelt_out() -> None:
    assert printable(b"\x1b[2J\r\x00 refus\xc3\xa9") == r"\x1b[2J\x0d\x00 refus\xc3\xa9"


def test_the_lines_of_an_answer_become_one() -> None:
    assert printable(b"550 first\nsecond") == "550 first second"


def test_long_words_say_that_they_go_on() -> None:
    assert printable(b"x" * 500) == "x" * 500
    assert printable(b"x" * 501) == "x" * 497 + "..."
    assert printable(b"\xff" * 400).endswith("...")


def test_a_secret_is_masked_even_where_the_words_are_cut() -> None:
    words = printable(b"x" * 498 + b"pass-phrase" + b"pass", [b"pass", b"pass-phrase"])
    assert words == "x" * 497 + "..."
    assert printable(b"is pass-phrase", [b"pass", b"pass-phrase"]) == "is ***"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"250 fine", (250, b"fine", True)),
        (b"250-more", (250, b"more", False)),
        (b"250", (250, b"", True)),
        (b"250 ", (250, b"", True)),
        (b"554-", (554, b"", False)),
    ],
)
def test_a_line_of_an_answer_is_understood(line: bytes, expected: tuple[int, bytes, bool]) -> None:
    assert parse_line(line) == expected


@pytest.mark.parametrize("line", [b"", b"25", b"2500", b"250fine", b" 250 fine", b"150 x", b"650 x", b"HTTP/1.1 400"])
def test_anything_else_is_no_answer(line: bytes) -> None:
    assert parse_line(line) is None
