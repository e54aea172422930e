"""What is encoded for the way comes back, and no relay or mailbox on the way can trip over it."""

import quopri
import re
from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.mail.mime import attachment, quoted_printable, text_part

AWKWARD = {
    "a dot alone": "un\n.\n..\n.",
    "a dot where a line breaks": "x" * 74 + "." + "\n" + "x" * 75 + "." + "\n" + "x" * 76 + ".\n",
    "a quotation": "From moi\n>From toi\nFrom ",
    "a quotation where a line breaks": "x" * 75 + "From moi",
    "quotations without end": "From " * 60,
    "a quotation in a line that just fits": "From " + "x" * 71 + "\nFrom " + "x" * 70 + "\nFrom " + "x" * 72,
    "a blank that ends a full line": "x" * 74 + " \n" + "x" * 75 + "\t\n" + "é" * 12 + "xx \n",
    "spaces at the end": "un \ndeux\t\n   \n ",
    "equal signs": "=" * 200 + "\n=41=\n=",
    "a boundary": "--=_29280e9f291433861d92--",
    "French": "À l'œuvre : « déjà été » ? " * 40,
    "Arabic": "سُرق حاسوبي المحمول " * 40,
    "emoji": "👨‍👩‍👧‍👦" * 50,
    "nothing": "",
    "one line without end": "a" * 5000,
}


@pytest.mark.parametrize("text", AWKWARD.values(), ids=AWKWARD.keys())
def test_what_is_encoded_comes_back(text: str) -> None:
    part = message_from_bytes(text_part(text).whole, policy=policy.default)
    assert part.get_content().replace("\r\n", "\n") == text
    assert quopri.decodestring(quoted_printable(text.encode())).decode() == text


@pytest.mark.parametrize("text", AWKWARD.values(), ids=AWKWARD.keys())
def test_no_line_is_long_or_a_lone_dot_or_the_start_of_another_mail(text: str) -> None:
    for line in quoted_printable(text.encode()).split(b"\n"):
        assert len(line) <= 76
        assert line.isascii()
        assert line != b"."
        assert not line.startswith(b"From ")
        assert not line.endswith((b" ", b"\t"))
        assert b"=_" not in line


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(["From ", ".", "\n", " ", "é", "=", "x" * 70, "\t", "F", "😀"]), max_size=40))
def test_any_mixture_of_traps_comes_back(pieces: list[str]) -> None:
    text = "".join(pieces)
    encoded = quoted_printable(text.encode())
    assert quopri.decodestring(encoded).decode() == text
    assert max(len(line) for line in encoded.split(b"\n")) <= 76
    assert not re.search(rb"^(From |\.$)", encoded, re.MULTILINE)


def test_the_shorter_encoding_is_chosen() -> None:
    assert text_part("Perdu hier, à midi. " * 20).headers["Content-Transfer-Encoding"] == "quoted-printable"
    assert text_part("سُرق حاسوبي المحمول " * 20).headers["Content-Transfer-Encoding"] == "base64"


@pytest.mark.parametrize("text", ["é" * 2000, "سُرق " * 2000])
def test_an_attachment_on_one_line_travels_on_short_ones(text: str) -> None:
    part = attachment(text, "application/json", "x.json")
    assert max(len(line) for line in part.body.split(b"\r\n")) <= 76
    assert b"\n" not in part.body.replace(b"\r\n", b"")
    assert message_from_bytes(part.whole, policy=policy.default).get_content().decode() == text
