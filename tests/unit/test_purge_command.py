"""`kiosk purge`: what it shows is what it does, and it says who did it."""

import dataclasses
import os
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlite_utils import Database

from kiosk import clock
from kiosk.cli import commands
from kiosk.commands import purge
from kiosk.config import Settings, load_settings
from kiosk.config.retention import KindDays, Retention
from kiosk.keeping.old_backups import drop_old_backups
from kiosk.store.instance.backup import folder_of
from kiosk.store.keeping import holds
from kiosk.store.reports import report_status
from kiosk.watch.check import find_troubles
from tests.build import NOON
from tests.retention import REFERENCE, a_report, actions, kept, steady
from tests.unit.test_config import refusal

DAY = timedelta(days=1)
NOW = NOON + 400 * DAY


@pytest.fixture
def kiosk(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("KIOSK_INSTANCE", str(settings.instance))
    monkeypatch.setenv("KIOSK_RETENTION__NOTICE", "0")
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(purge, "PATIENCE", 1)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(commands, ["purge", *arguments])

    return run


def test_a_dry_run_shows_what_the_purge_then_does(db: Database, kiosk: Callable[..., Result]) -> None:
    for number in range(25):
        a_report(db, reference=f"000-000-{number:03d}")
    a_report(db)
    holds.place(db, report_status.get(db, REFERENCE), "litigation", actor="camille", now=NOON)
    a_report(db, reference="000-000-100", state="open")
    a_report(db, reference="000-000-101", sent=False)
    shown = kiosk("--dry-run")
    assert shown.exit_code == 0
    assert "Serait effacé : contenu et tout ce qui a été écrit × 25." in shown.output
    for words in ("gelé sur décision d'une personne", "pas encore pris en charge", "un courriel n'est pas parti"):
        assert f"Gardé malgré son âge : coordonnées × 1 ({words})." in shown.output
        assert f"Gardé malgré son âge : contenu et tout ce qui a été écrit × 1 ({words})." in shown.output
    assert list(kept(db).values()) == [(True, True)] * 28
    steady(db, NOW)
    done = kiosk()
    assert done.exit_code == 0
    assert done.output.splitlines()[:51] == shown.output.splitlines()[:51]
    assert "Effacé : coordonnées × 25." in done.output
    assert list(kept(db).values()) == [(False, False)] * 25 + [(True, True)] * 3
    who = purge.system_user()
    assert who.startswith("system:")
    assert {row[0] for row in db.execute("SELECT who FROM tombstones")} == {who}
    assert (who, "content_purged") in actions(db)
    assert "Rien n'est à effacer." in kiosk("--dry-run").output


def test_a_clock_that_nobody_has_watched_erases_nothing_unless_somebody_vouches_for_it(
    db: Database, kiosk: Callable[..., Result]
) -> None:
    a_report(db)
    refused = kiosk()
    assert refused.exit_code == 2
    assert "l'horloge indique 25/12/2027 13:00" in refused.output
    assert kept(db) == {REFERENCE: (True, True)}
    assert kiosk("--clock-is-right").exit_code == 0
    assert kept(db) == {REFERENCE: (False, False)}


def test_content_that_was_not_announced_is_shown_as_coming(
    db: Database, kiosk: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIOSK_RETENTION__NOTICE", "7")
    a_report(db)
    assert "Seront annoncés au MSSI avant l'effacement de leur contenu : 1" in kiosk("--dry-run").output
    kiosk("--clock-is-right")
    assert kept(db) == {REFERENCE: (True, False)}
    assert db.execute("SELECT count(*) FROM announced").fetchone()[0] == 1


def test_old_events_are_cut_too(db: Database, kiosk: Callable[..., Result]) -> None:
    a_report(db)
    done = kiosk("--clock-is-right")
    assert "Les événements trop anciens ont été retirés de la trace." in done.output
    assert db.execute("SELECT who FROM trace_anchors").fetchone()[0] == purge.system_user()


def test_a_log_that_somebody_reads_is_said_to_be_cut_later(
    db: Database, settings: Settings, kiosk: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.store.base.connection.READ_PATIENCE", 0)
    a_report(db)
    reader = sqlite3.connect(settings.database)
    cursor = reader.execute("SELECT id FROM reports UNION ALL SELECT id FROM events")
    cursor.fetchone()
    assert "l'envoi des courriels l'effacera dès que possible" in kiosk("--clock-is-right").output
    reader.close()


def a_backup(folder: Path, name: str, age: timedelta) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(b"sealed")
    moment = (NOW - age).timestamp()
    os.utime(path, (moment, moment))
    return path


def test_old_backups_go_and_nothing_else_in_that_folder(
    db: Database, settings: Settings, kiosk: Callable[..., Result]
) -> None:
    old = a_backup(folder_of(settings), "before-m0013.backup", 31 * DAY)
    others = [
        a_backup(folder_of(settings), "young.backup", 29 * DAY),
        a_backup(folder_of(settings), "letter.txt", 300 * DAY),
        a_backup(settings.instance, "mine.backup", 300 * DAY),
    ]
    link = folder_of(settings) / "link.backup"
    link.symlink_to(others[2])
    assert "Serait effacé : anciennes copies × 1." in kiosk("--dry-run").output
    assert old.exists()
    assert "Effacé : anciennes copies × 1." in kiosk("--clock-is-right").output
    assert not old.exists()
    assert all(path.exists() for path in (*others, link))
    assert actions(db)[-1] == (purge.system_user(), "backups_removed")


def test_the_background_process_removes_old_backups_once_its_clock_can_be_believed(
    db: Database, settings: Settings
) -> None:
    old, hour = a_backup(folder_of(settings), "a.backup", 31 * DAY), NOW.replace(minute=0)
    drop_old_backups(db, settings, hour)
    steady(db, hour)
    drop_old_backups(db, settings, hour.replace(minute=30))
    assert old.exists()
    drop_old_backups(db, settings, hour)
    assert not old.exists()
    assert actions(db) == [("kiosk", "backups_removed")]


def test_a_backup_that_cannot_be_removed_is_logged_and_tried_again(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    old, hour = a_backup(folder_of(settings), "a.backup", 31 * DAY), NOW.replace(minute=0)
    steady(db, hour)

    def refuse(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuse)
    drop_old_backups(db, settings, hour)
    assert "an old backup cannot be removed: Permission denied" in caplog.text
    assert actions(db) == []
    monkeypatch.undo()
    drop_old_backups(db, settings, hour)
    assert not old.exists()


BETWEEN = "doit être compris entre"
UNTIL_CONTENT = "jours (la durée de « content »)."


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ("[retention.closed]\ncontact = 400", f"« retention.closed.contact » {BETWEEN} 0 et 365 {UNTIL_CONTENT}"),
        ("[retention.hidden]\ncontent = -1", f"« retention.hidden.content » {BETWEEN} 0 et 3650 jours."),
        ("[retention.acknowledged]\ncontent = 4000", f"« retention.acknowledged.content » {BETWEEN} 0 et 3650 jours."),
        (
            '[[retention.kinds]]\nkind = "theft"\ncontact = 9\ncontent = 8',
            f'[[retention.kinds]] "theft" : « contact » {BETWEEN} 0 et 8 {UNTIL_CONTENT}',
        ),
        (
            '[[retention.kinds]]\nkind = "theft"\n[[retention.kinds]]\nkind = "theft"',
            "« retention.kinds » nomme deux fois le même type : gardez une seule entrée.",
        ),
        ("[retention]\nnotice = 31", f"« retention.notice » {BETWEEN} 0 et 30 jours."),
        ("[retention]\ntrace_months = 5", f"« retention.trace_months » {BETWEEN} 6 et 36 mois."),
        ("[retention]\nbreach_days = 364", f"« retention.breach_days » {BETWEEN} 365 et 3650 jours."),
        ("[retention]\nbackups_days = 0", f"« retention.backups_days » {BETWEEN} 1 et 3650 jours."),
    ],
)
def test_days_that_contradict_one_another_stop_the_start(tmp_path: Path, toml: str, sentence: str) -> None:
    assert refusal(tmp_path, toml) == sentence


def test_a_kind_may_change_one_of_its_days(tmp_path: Path) -> None:
    (tmp_path / "kiosk.toml").write_text('[[retention.kinds]]\nkind = "theft"\ncontent = 1825')
    (theft,) = load_settings({"KIOSK_INSTANCE": str(tmp_path)}).retention.kinds
    assert (theft.kind, theft.contact, theft.content) == ("theft", 60, 1825)


def test_days_for_a_kind_that_there_is_not_are_red(db: Database, settings: Settings) -> None:
    wrong = Retention(kinds=(KindDays(kind="thefft"), KindDays(kind="theft")))
    troubles = find_troubles(db, dataclasses.replace(settings, retention=wrong), NOON)
    (found,) = [each for each in troubles if "retention.kinds" in each.sentence]
    assert (found.trouble.colour, "« thefft »" in found.sentence) == ("red", True)
