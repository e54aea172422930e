"""Whose backup is it? Somebody who knows every public key of a kiosk makes none that a restore takes for its own."""

import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk.cli import commands
from kiosk.commands.init import split_keys
from kiosk.commands.restore import restore_from
from kiosk.config import Settings
from kiosk.domain.trace_head import TraceHead
from kiosk.errors import StoreError
from kiosk.store.base.connection import immediate
from kiosk.store.instance import backup, restore, start
from kiosk.store.instance.backup import BackupKey
from kiosk.store.instance.proof import Proof
from kiosk.store.keys import backup_signing, recovery
from kiosk.store.trace import events
from kiosk.watch.check import find_troubles
from tests.build import NOON, store
from tests.staff import a_member
from tests.unit.test_restore import LATER, a_backup, agreed, elsewhere

STRANGE = """[smtp]
host = "relay.evil.example"
[[audiences]]
id = "mssi"
role = "mssi"
name = "MSSI"
address = "mssi@evil.example"
"""


class Ours:
    """A kiosk after `kiosk init`, and its paper."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self.db, self.settings, shown = db, settings, list[str]()
        store(db)
        assert split_keys(db, settings, shown.append, NOON)
        self.private = recovery.from_text("\n".join(re.findall(r"^\w{5}-\w{5}-\w{4}$", shown[0], re.MULTILINE)))
        (self.letters,) = re.findall(r"^\w{5}-\w{5}-\w{4} \w{5}-\w{5}-\w{4}$", shown[0], re.MULTILINE)
        self.public = self.private.public_key().public_bytes_raw()
        self.head = events.head(db)

    def backup(self, path: Path) -> Path:
        written = backup.write(self.settings, path, backup.backup_key(self.db, self.settings), NOON)
        backup.record(self.db, written, NOON)
        return path


@pytest.fixture
def ours(db: Database, settings: Settings) -> Ours:
    return Ours(db, settings)


@pytest.fixture
def new(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("KIOSK_INSTANCE", str(tmp_path / "new"))
    return elsewhere(settings, tmp_path)


def restored(new: Settings, path: Path, key: X25519PrivateKey, proof: Proof) -> None:
    assert "Restauré" in restore_from(new, path, key, proof, LATER, agreed, replace=False).as_words()


def refused(new: Settings, path: Path, key: X25519PrivateKey, proof: Proof, words: str) -> None:
    with pytest.raises(StoreError, match=words) as error:
        restored(new, path, key, proof)
    assert "Rien n'a été modifié" in str(error.value)
    assert not new.database.exists()
    assert not (new.instance / restore.STAGE).exists()


Spoil = Callable[[Database], None]


def forged(tmp_path: Path, public: bytes, spoil: Spoil = lambda _: None) -> Path:
    """Of a stranger's kiosk, sealed to our public key: it opens with our paper."""
    strange = Settings(instance=tmp_path / "strange")
    with start.prepare(strange, NOON) as db:
        (strange.instance / "kiosk.toml").write_text(STRANGE)
        a_member(db, "mssi", name="mallory")
        store(db)
        backup.record(db, backup.write(strange, tmp_path / "own", BackupKey(public), NOON), NOON)
        spoil(db)
        return backup.write(strange, tmp_path / "forged", BackupKey(public), NOON).path


def test_the_papers_letters_let_our_own_in(ours: Ours, new: Settings, tmp_path: Path) -> None:
    restored(new, ours.backup(tmp_path / "x"), ours.private, Proof(ours.letters))
    assert backup_signing.public_key(new.secrets) == backup_signing.public_key(ours.settings.secrets), (
        "it goes on signing"
    )


def test_a_forged_one_is_refused_before_anything_of_it_is_unpacked(
    ours: Ours, new: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = forged(tmp_path, ours.public)
    monkeypatch.setattr(restore, "_lay", lambda *_: pytest.fail("it was unpacked"))
    refused(new, path, ours.private, Proof(ours.letters), "signée par quelqu'un d'autre")


def test_a_head_from_a_mail_lets_our_own_in(ours: Ours, new: Settings, tmp_path: Path) -> None:
    store(ours.db, reference="000-000-002")
    restored(new, ours.backup(tmp_path / "x"), ours.private, Proof(heads=[ours.head]))


def test_a_head_from_after_the_first_backup_does_so_before_init(
    db: Database, settings: Settings, new: Settings, tmp_path: Path
) -> None:
    key = backup.backup_key(db, settings)
    backup.record(db, backup.write(settings, tmp_path / "first", key, NOON), NOON)
    head = events.head(db)
    path, private, _ = a_backup(db, settings, tmp_path)
    restored(new, path, private, Proof(heads=[head]))


def test_a_head_that_knows_no_signing_key_is_not_enough(
    db: Database, settings: Settings, new: Settings, tmp_path: Path
) -> None:
    store(db)
    head = events.head(db)
    path, private, proof = a_backup(db, settings, tmp_path)
    refused(new, path, private, Proof(heads=[head]), "ne dit rien de la clé")
    restored(new, path, private, Proof(proof.letters, [head]))


def test_our_head_refuses_a_forged_one(ours: Ours, new: Settings, tmp_path: Path) -> None:
    refused(new, forged(tmp_path, ours.public), ours.private, Proof(heads=[ours.head]), "n'est pas dans cette sauveg")


def anchored_at(head: TraceHead) -> Spoil:
    """The forger knows our head from a mail, and says that all before it was cut."""

    def spoil(db: Database) -> None:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        rows = db.execute("SELECT action, detail, stored FROM events WHERE action = 'backup_written'").fetchall()
        db.execute("DELETE FROM events")
        db.execute(
            "INSERT INTO trace_anchors VALUES (?, ?, ?, ?, 'x')",
            (head.sequence, head.digest, "2026-11-20T12:00:00.000Z", "2026-11-20T12:00:00.000Z"),
        )
        last = head.digest
        for number, (action, detail, stored) in enumerate(rows, head.sequence + 1):
            row = (number, "2026-11-20T12:00:00.000Z", "x", action, None, detail, stored)
            digest = events._digest(last, row)
            db.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, last, digest))
            last = digest
        db.conn.commit()

    return spoil


def test_a_chain_that_a_forger_continues_from_our_head_is_refused(ours: Ours, new: Settings, tmp_path: Path) -> None:
    path = forged(tmp_path, ours.public, anchored_at(ours.head))
    refused(new, path, ours.private, Proof(heads=[ours.head]), "n'est plus dans la trace")


def test_who_has_an_old_copy_of_our_database_cannot_name_another_key_behind_our_head(
    ours: Ours, new: Settings, tmp_path: Path
) -> None:
    stolen = Settings(instance=tmp_path / "stolen")
    ours.db.close()
    shutil.copytree(ours.settings.instance, stolen.instance)
    (stolen.secrets / backup_signing.FILE).unlink()
    with start.prepare(stolen, NOON) as db:
        for name in ("first", "forged"):
            written = backup.write(stolen, tmp_path / name, BackupKey(ours.public), NOON)
            backup.record(db, written, NOON)
    refused(new, tmp_path / "forged", ours.private, Proof(heads=[ours.head]), "ne dit rien de la clé")


def test_a_view_in_the_place_of_the_trace_is_refused(ours: Ours, new: Settings, tmp_path: Path) -> None:
    """It could answer each question in another way."""

    def spoil(db: Database) -> None:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        db.execute("ALTER TABLE events RENAME TO others")
        db.execute("CREATE VIEW events AS SELECT * FROM others")
        db.conn.commit()

    path = forged(tmp_path, ours.public, spoil)
    refused(new, path, ours.private, Proof(heads=[ours.head]), "n'est pas celle d'une borne")


def test_a_head_from_after_the_backup_shows_it_to_be_an_old_one(ours: Ours, new: Settings, tmp_path: Path) -> None:
    path = ours.backup(tmp_path / "x")
    head = events.head(ours.db)
    refused(new, path, ours.private, Proof(ours.letters, [head]), f"événement {head.sequence}.*plus récente")


# The command ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def command(new: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`kiosk restore` with our paper in a file; ``typed`` is what somebody types, at a terminal."""

    def run(path: Path, key: X25519PrivateKey, *words: str, typed: str | None = None) -> Result:
        paper = tmp_path / "paper"
        paper.write_text(recovery.to_text(key))
        monkeypatch.setattr("kiosk.commands.restore._at_a_terminal", lambda: typed is not None)
        arguments = ["restore", str(path), "--key-file", str(paper), *words]
        return CliRunner().invoke(commands, arguments, input=typed, env={"KIOSK_INSTANCE": str(new.instance)})

    return run


def test_it_shows_what_would_come_and_asks(
    ours: Ours, new: Settings, tmp_path: Path, command: Callable[..., Result]
) -> None:
    a_member(ours.db, "mssi", name="martin")
    (ours.settings.instance / "kiosk.toml").write_text(STRANGE)
    path = ours.backup(tmp_path / "x")
    done = command(path, ours.private, typed=f"{ours.letters}\nnon\n")
    for expected in (
        "20/11/2026",
        "martin",
        "MSSI",
        "relay.evil.example, port 587",
        "mssi@evil.example",
        "backup-signing.key",
    ):
        assert expected in done.output
    assert done.exit_code == 2
    assert "Personne n'a donné son accord : rien n'a été modifié." in done.output.replace("\u00a0", " ")
    assert not new.database.exists()
    assert not (new.instance / restore.STAGE).exists()
    assert command(path, ours.private, typed=f"{ours.letters}\noui\n").exit_code == 0
    assert new.database.exists()


def test_who_leaves_at_the_question_leaves_nothing_unpacked(
    ours: Ours, new: Settings, tmp_path: Path, command: Callable[..., Result]
) -> None:
    done = command(ours.backup(tmp_path / "x"), ours.private, typed=f"{ours.letters}\n")
    assert done.exit_code == 1
    assert not (new.instance / restore.STAGE).exists()
    assert not new.database.exists()


def test_without_a_terminal_it_wants_an_option_for_each_answer(
    ours: Ours, tmp_path: Path, command: Callable[..., Result]
) -> None:
    path = ours.backup(tmp_path / "x")
    assert "--yes" in command(path, ours.private, "--letters", ours.letters).output
    assert "--letters, --head ou --mail" in command(path, ours.private, "--yes").output
    other = ("Y" if ours.letters[0] == "X" else "X") + ours.letters[1:]
    assert "Le groupe 1" in command(path, ours.private, "--yes", "--letters", other).output
    done = command(path, ours.private, "--yes", "--letters", ours.letters)
    assert done.exit_code == 0, done.output


def test_a_saved_mail_or_a_noted_head_stands_for_the_letters(
    ours: Ours, new: Settings, tmp_path: Path, command: Callable[..., Result]
) -> None:
    saved = tmp_path / "mail.eml"
    saved.write_text(f"Subject: x\nX-Kiosk-Trace: {ours.head.sequence} {ours.head.hex}\n\ntext\n")
    path = ours.backup(tmp_path / "x")
    assert "Restauré" in command(path, ours.private, "--yes", "--mail", str(saved)).output
    head = f"{ours.head.sequence}:{ours.head.hex}"
    assert "Restauré" in command(path, ours.private, "--yes", "--replace", "--head", head).output
    strange = forged(tmp_path, ours.public)
    for words in (["--mail", str(saved)], ["--head", head], ["--letters", ours.letters]):
        done = command(strange, ours.private, "--yes", "--replace", *words)
        assert done.exit_code == 2
        assert "Rien n'a été modifié" in done.output


def test_settings_that_do_not_fit_this_machine_hide_no_address(
    ours: Ours, tmp_path: Path, command: Callable[..., Result]
) -> None:
    (ours.settings.instance / "kiosk.toml").write_text("nonsense = 1\n")
    done = command(ours.backup(tmp_path / "x"), ours.private, "--yes", "--letters", ours.letters)
    assert "ne conviennent pas" in done.output
    assert "contact-ssi.cpam-marseille@assurance-maladie.fr" in done.output


def test_names_in_a_backup_do_not_write_on_the_screen(
    ours: Ours, tmp_path: Path, command: Callable[..., Result]
) -> None:
    a_member(ours.db, "mssi", name="martin")
    with immediate(ours.db):
        ours.db.execute("UPDATE staff SET display_name = char(27) || '[2J' || char(10) || 'Relais : sûr'")
    done = command(ours.backup(tmp_path / "x"), ours.private, "--yes", "--letters", ours.letters)
    assert "\x1b" not in done.output
    assert not re.search("^Relais : sûr", done.output, re.MULTILINE)


# The key that signs --------------------------------------------------------------------------------------------------


def test_a_backup_signed_by_another_key_than_the_papers_is_said(ours: Ours, tmp_path: Path) -> None:
    def troubles() -> list[str]:
        return [each.trouble.code for each in find_troubles(ours.db, ours.settings, NOON + timedelta(days=1))]

    assert "backup_signer" not in troubles()
    (ours.settings.secrets / backup_signing.FILE).unlink()
    start.prepare(ours.settings, NOON).close()
    assert "backup_signer" in troubles()
    done = CliRunner().invoke(
        commands, ["backup", str(tmp_path / "x")], env={"KIOSK_INSTANCE": str(ours.settings.instance)}
    )
    assert "PLUS celles du papier" in done.output


def test_another_paper_bears_the_letters_too(ours: Ours) -> None:
    current = recovery.current(ours.db)
    assert current
    assert backup_signing.check_letters(current.signer) == ours.letters


def test_a_spoilt_signing_key_is_said(ours: Ours, tmp_path: Path) -> None:
    (ours.settings.secrets / backup_signing.FILE).write_bytes(b"short")
    with pytest.raises(StoreError, match="qui signe les sauvegardes"):
        ours.backup(tmp_path / "x")
