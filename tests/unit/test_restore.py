"""`kiosk restore`: the instance is as it was before or as the backup says, and everybody is told what that means."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk.commands.init import split_keys
from kiosk.commands.restore import RestoreOutcome, restore_from
from kiosk.commands.verify import verify_trace
from kiosk.config import Settings
from kiosk.errors import StoreError
from kiosk.store.base import damage, heartbeat
from kiosk.store.base.connection import immediate, open_database
from kiosk.store.instance import backup, restore, start
from kiosk.store.instance.proof import Proof
from kiosk.store.instance.restore import Staged
from kiosk.store.keys import backup_signing, site_keys
from kiosk.store.outbox import outcomes
from kiosk.store.outbox.attempts import Ending
from kiosk.store.reports.stored_report import find, open_report
from kiosk.store.watch import alarms, health
from kiosk.watch.alarm import watch
from tests.build import MAILS, NOON, claim, store
from tests.staff import a_member, a_session

Saved = tuple[Path, X25519PrivateKey, Proof]

LATER = NOON + timedelta(hours=3)
FIRST, SECOND, THIRD = "7K4-92Q-MX3", "000-000-002", "000-000-003"


@pytest.fixture
def saved(db: Database, settings: Settings, tmp_path: Path) -> Saved:
    """A backup with a report that was sent, one that waits, one under way; behind it a fourth came in."""
    (settings.instance / "kiosk.toml").write_text('[organisation]\nname = "Sauvée"\n')
    for reference in (FIRST, SECOND, THIRD):
        store(db, reference=reference)
        if reference == FIRST:
            outcomes.record_sent(db, claim(db), Ending("sent", "dot", "250 ok"), NOON)
    claim(db)
    member = a_member(db)
    a_session(db, member)
    made = a_backup(db, settings, tmp_path)
    store(db, reference="000-000-004")
    db.close()
    return made


def a_backup(db: Database, settings: Settings, tmp_path: Path) -> Saved:
    """With the key that opens it, and the check letters that tell whose it is."""
    key = backup.backup_key(db, settings)
    written = backup.write(settings, tmp_path / "x.backup", key, NOON)
    assert key.private
    return written.path, key.private, Proof(backup_signing.check_letters(written.signer))


def agreed(_: Staged) -> None:
    """Somebody read what the backup brings, and wants it."""


def references(settings: Settings) -> list[str]:
    with open_database(settings.database) as db:
        return [row[0] for row in db.execute("SELECT reference FROM reports ORDER BY id")]


def elsewhere(settings: Settings, tmp_path: Path) -> Settings:
    return dataclasses.replace(settings, instance=tmp_path / "new")


def restored(settings: Settings, saved: Saved, *, replace: bool = False) -> RestoreOutcome:
    return restore_from(settings, *saved, LATER, agreed, replace=replace)


@pytest.fixture(autouse=True)
def _no_other_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KIOSK_INSTANCE", str(tmp_path / "new"))


def test_a_kiosk_begins_anew_on_another_machine(settings: Settings, tmp_path: Path, saved: Saved) -> None:
    new = elsewhere(settings, tmp_path)
    assert "Restauré" in restored(new, saved).as_words()
    assert references(new) == [FIRST, SECOND, THIRD]
    assert "Sauvée" in (new.instance / "kiosk.toml").read_text()
    with start.prepare(new, LATER) as db:
        report = find(db, SECOND)
        assert report
        told = open_report(report.sealed, site_keys.in_files(db, new.secrets))
        assert told.content == {"description": "une fenetre etrange"}
    assert verify_trace(new, []).status == 0


def test_what_had_not_left_goes_out_again_marked_as_a_possible_double(
    settings: Settings, tmp_path: Path, saved: Saved
) -> None:
    new = elsewhere(settings, tmp_path)
    outcome = restored(new, saved)
    assert sorted(outcome.doubts.references) == sorted((SECOND, THIRD))
    with open_database(new.database) as db:
        found = db.execute(
            "SELECT reference, deliveries.state, ambiguous > 0 FROM deliveries"
            " LEFT JOIN reports ON reports.id = report_id WHERE purpose = 'report' ORDER BY reports.id"
        ).fetchall()
    assert found == [(FIRST, "sent", 0), (SECOND, "queued", 1), (THIRD, "queued", 1)]


def test_the_mssi_is_told_what_may_come_twice_and_what_is_missing(
    settings: Settings, tmp_path: Path, saved: Saved
) -> None:
    new = elsewhere(settings, tmp_path)
    restored(new, saved)
    with open_database(new.database) as db:
        (body,) = db.execute(f"{MAILS} WHERE purpose = 'restore'").fetchone()
        actions = [row[0] for row in db.execute("SELECT action FROM events ORDER BY id")]
    mail: Any = message_from_bytes(body, policy=policy.default)
    text = mail.get_body(("plain",)).get_content()
    for expected in (SECOND, THIRD, "n'est plus sur la borne", "20/11/2026", "kiosk verify"):
        assert expected in text
    assert FIRST not in text
    assert mail["Subject"].endswith("sauvegarde restaurée")
    assert actions[-1] == "backup_restored"


def test_staff_have_to_sign_in_again_and_their_passwords_hold(settings: Settings, tmp_path: Path, saved: Saved) -> None:
    new = elsewhere(settings, tmp_path)
    restored(new, saved)
    with open_database(new.database) as db:
        assert db.execute("SELECT count(*) FROM staff_sessions").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM staff WHERE password_hash IS NOT NULL").fetchone() == (1,)


def test_a_database_that_is_there_stays_unless_asked_and_is_kept(
    settings: Settings, saved: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIOSK_INSTANCE", str(settings.instance))
    with pytest.raises(StoreError, match="--replace"):
        restored(settings, saved)
    assert len(references(settings)) == 4
    outcome = restored(settings, saved, replace=True)
    assert references(settings) == [FIRST, SECOND, THIRD]
    assert outcome.aside
    with open_database(outcome.aside) as db:
        assert db["reports"].count == 4
    assert str(outcome.aside) in outcome.as_words()


def test_the_first_look_after_a_restore_takes_the_time_since_the_backup_for_no_stop(
    db: Database, settings: Settings, tmp_path: Path
) -> None:
    for name in (health.FORWARDER, alarms.WATCH):
        heartbeat.beat(db, name, 1, NOON)
    new = elsewhere(settings, tmp_path)
    restored(new, a_backup(db, settings, tmp_path))
    with start.prepare(new, LATER) as there:
        watch(there, new, LATER)
        assert there.execute("SELECT count(*) FROM deliveries WHERE purpose = 'alarm'").fetchone()[0] == 0


def test_the_damage_of_the_former_database_is_no_longer_told(settings: Settings, tmp_path: Path, saved: Saved) -> None:
    new = elsewhere(settings, tmp_path)
    new.instance.mkdir()
    damage.note(new.database, "table reports")
    restored(new, saved)
    assert damage.noted(new.database) == ""


def test_a_running_kiosk_is_left_alone(settings: Settings, saved: Saved) -> None:
    with start.in_use(settings), pytest.raises(StoreError, match="fonctionne"):
        restored(settings, saved, replace=True)
    assert len(references(settings)) == 4


def test_another_key_or_a_damaged_file_changes_nothing(settings: Settings, saved: Saved) -> None:
    path, key, proof = saved
    with pytest.raises(StoreError, match="n'ouvre pas"):
        restored(settings, (path, X25519PrivateKey.generate(), proof), replace=True)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(StoreError, match="endommagée"):
        restored(settings, (path, key, proof), replace=True)
    with pytest.raises(StoreError, match="No such file"):
        restored(settings, (path.with_name("nowhere"), key, proof), replace=True)
    assert len(references(settings)) == 4
    assert not (settings.instance / restore.STAGE).exists()
    start.prepare(settings, LATER).close()


BREAKING = ["place_files", "put_in_doubt", "announce", "finish", "_set_aside", "overwrite.remove"]


@pytest.mark.parametrize("step", BREAKING)
def test_a_restore_that_is_killed_is_noticed_and_done_again(
    settings: Settings,
    saved: Saved,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    """At every step: a start refuses rather than to use half of it, and the same command again mends it."""
    monkeypatch.setenv("KIOSK_INSTANCE", str(settings.instance))
    with monkeypatch.context() as patch:
        patch.setattr(f"kiosk.store.instance.restore.{step}", _dies(step))
        with pytest.raises(Killed):
            restored(settings, saved, replace=True)
        with pytest.raises(StoreError, match="Une restauration s'est interrompue"):
            start.prepare(settings, LATER).close()
    restore_from(settings, *saved, LATER + timedelta(minutes=1), agreed, replace=True)
    assert references(settings) == [FIRST, SECOND, THIRD]
    start.prepare(settings, LATER).close()


class Killed(BaseException):
    pass


def _dies(step: str) -> Callable[..., Any]:
    calls = iter(range(9))

    def dies(*arguments: Any, **options: Any) -> None:
        if step == "overwrite.remove" and next(calls) == 0:  # the first call is before anything has begun
            return
        raise Killed

    return dies


def test_a_backup_of_a_newer_version_is_refused(settings: Settings, db: Database, tmp_path: Path) -> None:
    store(db)
    with immediate(db):
        db.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('kiosk', 'm9999_x', '')")
    with pytest.raises(StoreError, match="version plus récente"):
        restored(elsewhere(settings, tmp_path), a_backup(db, settings, tmp_path))


def test_a_backup_whose_trace_was_changed_is_refused(settings: Settings, db: Database, tmp_path: Path) -> None:
    store(db)
    with immediate(db):
        db.execute("DROP TRIGGER events_are_never_rewritten")
        db.execute("UPDATE events SET actor = 'somebody'")
    with pytest.raises(StoreError, match="rompue à l'événement 1"):
        restored(elsewhere(settings, tmp_path), a_backup(db, settings, tmp_path))


def test_a_file_may_not_be_laid_outside(
    settings: Settings, db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has the public key can make a backup: its names are not to be trusted."""
    evil = tmp_path / "evil"
    evil.write_text("x")
    monkeypatch.setattr("kiosk.store.instance.backup._others", lambda _: [("../evil", evil)])
    with pytest.raises(StoreError, match="endommagée"):
        restored(elsewhere(settings, tmp_path), a_backup(db, settings, tmp_path))


def test_the_clock_of_the_restored_kiosk_is_right(settings: Settings, tmp_path: Path, saved: Saved) -> None:
    new = elsewhere(settings, tmp_path)
    restored(new, saved)
    with start.prepare(new, LATER) as db:
        assert health.pulse(db, new, LATER).clock_ok


def test_a_file_of_the_backup_is_there_whole_or_not_at_all(
    settings: Settings, tmp_path: Path, saved: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = elsewhere(settings, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(restore, "sync_folder", _dies("sync_folder"))
        with pytest.raises(Killed):
            restored(new, saved)
    with monkeypatch.context() as patch:
        calls = iter(range(9))
        real = restore.sync_folder
        patch.setattr(restore, "sync_folder", lambda path: real(path) if next(calls) < 2 else _dies("x")())
        with pytest.raises(Killed):
            restored(new, saved)
    restored(new, saved)
    name = "secrets/site-siege.key"
    assert (new.instance / name).read_bytes() == (settings.instance / name).read_bytes()


def test_what_a_restore_laid_out_before_it_was_killed_is_removed_by_the_next_start(
    settings: Settings, saved: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(restore, "_check", _dies("_check"))
        with pytest.raises(Killed):
            restored(settings, saved, replace=True)
    stage = settings.instance / restore.STAGE
    assert (stage / "kiosk.db").exists()
    with start.alone(settings):
        start.prepare(settings, LATER).close()
        assert stage.exists(), "a restore that is under way keeps its own"
    start.prepare(settings, LATER).close()
    assert not stage.exists()
    assert len(references(settings)) == 4


def test_another_key_in_the_instance_is_not_taken_for_the_backups(
    settings: Settings, tmp_path: Path, saved: Saved
) -> None:
    new = elsewhere(settings, tmp_path)
    start.prepare(new, NOON).close()
    for path in new.instance.glob("kiosk.db*"):
        path.unlink()
    with pytest.raises(StoreError, match="n'est pas la clé de la sauvegarde"):
        restored(new, saved)
    assert not new.database.exists()
    restored(new, saved, replace=True)
    with start.prepare(new, LATER) as db:
        private = site_keys.private_key(new.secrets, "siege")
        assert private.public_key().public_bytes_raw() == site_keys.site_key(db, "siege").public_key


def test_a_disk_that_fails_half_way_is_said_in_a_sentence(
    settings: Settings, tmp_path: Path, saved: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(restore, "place_files", lambda *_, **__: full())
        with pytest.raises(StoreError, match="No space left on device"):
            restored(elsewhere(settings, tmp_path), saved)
    restored(elsewhere(settings, tmp_path), saved)


@pytest.mark.parametrize("name", ["kiosk.db-wal", "use.lock", "restore.unfinished", "backups/x", "/etc/passwd"])
def test_names_that_are_the_kiosks_own_are_refused(
    settings: Settings, db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    evil = tmp_path / "evil"
    evil.write_text("x")
    monkeypatch.setattr("kiosk.store.instance.backup._others", lambda _: [(name, evil)])
    with pytest.raises(StoreError, match="endommagée"):
        restored(elsewhere(settings, tmp_path), a_backup(db, settings, tmp_path))


def test_a_backup_from_before_init_is_split_again_by_the_next_start(
    settings: Settings, saved: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its database knows no recovery key either: `kiosk check` is red until `kiosk init` is run again."""
    monkeypatch.setenv("KIOSK_INSTANCE", str(settings.instance))
    with start.prepare(settings, LATER) as db:
        assert split_keys(db, settings, lambda _: None, LATER)
    restored(settings, saved, replace=True)
    with start.prepare(settings, LATER) as db:
        report = find(db, SECOND)
        assert report
        assert open_report(report.sealed, site_keys.in_files(db, settings.secrets)).content
        assert split_keys(db, settings, lambda _: None, LATER)
