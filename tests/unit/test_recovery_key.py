"""The recovery key on paper: whoever types it in years from now gets the same key, or learns which line is wrong."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from kiosk.cli import commands
from kiosk.config import Settings
from kiosk.domain.spelling import ALPHABET, check_letter
from kiosk.errors import KeyTextError
from kiosk.store.base.connection import immediate
from kiosk.store.instance import start
from kiosk.store.keys import recovery

KEY = bytes(range(32))
ON_PAPER = "00010-81G81-860K\nW40J2-GB1G6-GW39\nRG249-1650N-2RBY\nHG68T-3CE1T-7GZC"
NOW = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)


def private(raw: bytes) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(raw)


def test_what_was_printed_once_is_read_for_ever() -> None:
    assert recovery.to_text(private(KEY)) == ON_PAPER
    assert recovery.from_text(ON_PAPER).private_bytes_raw() == KEY


@given(st.binary(min_size=32, max_size=32))
def test_every_key_comes_back_however_it_is_typed(raw: bytes) -> None:
    text = recovery.to_text(private(raw))
    assert [len(line) for line in text.splitlines()] == [16] * 4
    typed = text.lower().replace("-", " ").replace("0", "o").replace("\n", "  ")
    assert recovery.from_text(typed).private_bytes_raw() == raw


@given(st.integers(0, 55), st.sampled_from(ALPHABET))
def test_a_slip_of_the_pen_is_found_on_its_line(place: int, letter: str) -> None:
    letters = ON_PAPER.replace("-", "").replace("\n", "")
    wrong = letters[:place] + letter + letters[place + 1 :]
    if wrong == letters:
        return
    with pytest.raises(KeyTextError, match=f"La ligne {place // 14 + 1} de la clé"):
        recovery.from_text(wrong)


@pytest.mark.parametrize("text", ["", "A", ON_PAPER[:-1], ON_PAPER + "0", ON_PAPER.replace("0", "é"), "Z" * 56])
def test_what_is_no_key_is_refused_in_words(text: str) -> None:
    with pytest.raises(KeyTextError):
        recovery.from_text(text)


def test_a_number_beyond_256_bits_is_no_key() -> None:
    line = "G" + "0" * 12
    rest = ("0" * 13 + "0") * 3
    with pytest.raises(KeyTextError, match="première lettre"):
        recovery.from_text(line + check_letter(line) + rest)


def test_the_newest_key_is_the_one_that_counts(tmp_path: Path) -> None:
    with start.prepare(Settings(instance=tmp_path), NOW) as db:
        assert recovery.current(db) is None
        for byte in (b"1", b"2"):
            with immediate(db):
                recovery.add(db, byte * 32, bytes(32), NOW)
        found = recovery.current(db)
    assert found
    assert (found.public_key, found.created_at) == (b"2" * 32, NOW)


@pytest.mark.parametrize(
    ("typed", "valid"), [(("{}",), True), (("nonsense", " {} "), True), (("x", "y", "AAAAA", "{}"), False)]
)
def test_a_group_of_the_key_is_asked_back_before_it_is_valid(
    typed: tuple[str, ...], valid: bool, db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who copied it wrongly, or saw a page that scrolled away, finds out while there is still a key."""
    key = private(KEY)
    monkeypatch.setattr("kiosk.commands.init._at_a_terminal", lambda: True)
    monkeypatch.setattr("kiosk.commands.init.secrets.randbelow", lambda most: most - 1)
    monkeypatch.setattr("kiosk.commands.init.X25519PrivateKey", SimpleNamespace(generate=lambda: key))
    words = "".join(f"{each.format('7gzc')}\n" for each in typed)
    done = CliRunner().invoke(commands, ["init"], input=words, env={"KIOSK_INSTANCE": str(settings.instance)})
    assert ("terminé :" in done.stdout, done.exit_code) == (valid, 0 if valid else 2)
    assert "groupe 3 de la ligne 4" in done.stderr
    assert (recovery.current(db) is not None) == valid
