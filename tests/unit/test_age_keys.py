"""One key in three spellings: bytes, four lines on paper, and that of the program age."""

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from pyrage import x25519

from kiosk.errors import KeyTextError
from kiosk.store.keys import age_keys, backup_signing, recovery


@given(st.binary(min_size=32, max_size=32))
def test_age_reads_what_we_spell(raw: bytes) -> None:
    key = X25519PrivateKey.from_private_bytes(raw)
    theirs = x25519.Identity.from_str(age_keys.identity(key))
    assert str(theirs) == age_keys.identity(key)
    assert str(theirs.to_public()) == age_keys.recipient(key.public_key().public_bytes_raw())


@given(st.binary(min_size=32, max_size=32))
def test_both_spellings_on_the_paper_are_the_same_key(raw: bytes) -> None:
    key = X25519PrivateKey.from_private_bytes(raw)
    for text in (recovery.to_text(key), age_keys.identity(key), f"\n {age_keys.identity(key).lower()}\n"):
        assert recovery.from_text(text).private_bytes_raw() == raw


SPELLED = age_keys.identity(X25519PrivateKey.from_private_bytes(bytes(range(32))))


@given(st.integers(len("AGE-SECRET-KEY-1"), len(SPELLED) - 1), st.sampled_from("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LÉ€"))
def test_a_wrong_letter_is_noticed(place: int, letter: str) -> None:
    if letter != SPELLED[place]:
        with pytest.raises(KeyTextError, match="AGE-SECRET-KEY-1… est mal saisie"):
            recovery.from_text(SPELLED[:place] + letter + SPELLED[place + 1 :])


@pytest.mark.parametrize("text", ["AGE-SECRET-KEY-1", SPELLED[:-1], SPELLED + "Q", SPELLED + " " + SPELLED])
def test_a_cut_or_doubled_one_is_noticed(text: str) -> None:
    with pytest.raises(KeyTextError):
        recovery.from_text(text)


@given(st.binary(min_size=32, max_size=32))
def test_check_letters_are_read_as_people_type_them(public: bytes) -> None:
    letters = backup_signing.check_letters(public)
    assert backup_signing.from_text(letters.lower().replace("-", " ").replace("0", "o")) == letters


def test_a_group_that_was_mistyped_is_named() -> None:
    letters = backup_signing.check_letters(bytes(32))
    wrong = letters[:-1] + ("A" if letters[-1] != "A" else "B")
    with pytest.raises(KeyTextError, match="Le groupe 2"):
        backup_signing.from_text(wrong)
    with pytest.raises(KeyTextError, match="2 groupes de 14"):
        backup_signing.from_text(letters[:-1])
