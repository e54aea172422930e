"""The text of what left is erased, also what a crash left; and the log that is cut is made ready for what comes."""

import os
import shutil
from collections import deque
from pathlib import Path

import pytest
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.delivery import eraser as eraser_module
from kiosk.delivery.eraser import LEAST_ROOM, MOST_ROOM, Eraser
from kiosk.store.base import connection
from kiosk.store.base.connection import lengthen_wal, open_database, truncate_wal
from kiosk.store.outbox import outcomes
from kiosk.store.outbox.outcomes import Ending
from kiosk.store.reports import submissions
from kiosk.store.watch import health
from tests.build import NOON, a_delivery, a_new_report, claim, store

SENT = Ending("sent", "dot", "250 ok")
MARKER = b"MARKER-8830 "


def store_marked(db: Database, count: int = 1) -> None:
    for number in range(count):
        reference = f"000-000-{number:03d}"
        body = MARKER * 1000 + b"\r\n"
        submissions.submit(db, a_new_report(reference=reference), [a_delivery(reference, body=body)], [], NOON)


def send(db: Database) -> int:
    claimed = claim(db)
    outcomes.record_sent(db, claimed, SENT, NOON)
    return claimed.delivery


def wal(settings: Settings) -> Path:
    return settings.instance / "kiosk.db-wal"


def is_marker_on_disk(settings: Settings) -> bool:
    return any(MARKER in path.read_bytes() for path in (settings.database, wal(settings)))


def an_eraser(db: Database, sent: deque[int]) -> Eraser:
    return Eraser(db, sent, health.FORWARDER)


def test_what_was_noted_as_sent_is_erased_and_what_waits_is_not(db: Database, settings: Settings) -> None:
    sent: deque[int] = deque()
    eraser = an_eraser(db, sent)
    store_marked(db, eraser_module.BATCH + 2)
    for _ in range(eraser_module.BATCH + 1):
        sent.append(send(db))
    eraser.erase(NOON)
    assert db["bodies"].count == 1
    sent.append(send(db))
    eraser.erase(NOON)
    assert not is_marker_on_disk(settings)


def test_a_text_that_a_crash_left_is_erased_by_the_next_forwarder(db: Database, settings: Settings) -> None:
    store_marked(db)
    send(db)
    assert is_marker_on_disk(settings)
    an_eraser(db, deque()).erase(NOON)
    assert not is_marker_on_disk(settings)


def test_a_log_that_somebody_reads_is_cut_as_soon_as_it_can_be(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.execute("PRAGMA busy_timeout = 0").fetchall()
    monkeypatch.setattr(connection, "READ_PATIENCE", 0)
    sent: deque[int] = deque()
    eraser = an_eraser(db, sent)
    store_marked(db)
    sent.append(send(db))
    with open_database(settings.database) as reader:
        cursor = reader.execute("SELECT id FROM deliveries UNION ALL SELECT id FROM reports")
        assert cursor.fetchone()
        eraser.erase(NOON)
        assert is_marker_on_disk(settings)
        cursor.close()
    eraser.erase(NOON)
    assert not is_marker_on_disk(settings)


@pytest.mark.parametrize(("waiting", "room"), [(0, LEAST_ROOM), (200, MOST_ROOM)])
def test_the_log_that_was_cut_has_room_for_what_comes(
    db: Database, settings: Settings, waiting: int, room: int
) -> None:
    for number in range(waiting):
        store(db, reference=f"000-000-{number:03d}")
    an_eraser(db, deque()).erase(NOON)
    assert wal(settings).stat().st_size == room


def test_commits_into_a_lengthened_log_survive_a_crash(db: Database, settings: Settings, tmp_path: Path) -> None:
    store(db, reference="000-000-000")
    assert truncate_wal(db)
    lengthen_wal(db, LEAST_ROOM)
    store(db, reference="000-000-001")
    lengthen_wal(db, 2 * LEAST_ROOM)
    store(db, reference="000-000-002")
    after_crash = tmp_path / "after.db"
    shutil.copy(settings.database, after_crash)
    shutil.copy(wal(settings), f"{after_crash}-wal")
    with open_database(after_crash) as found:
        assert found["reports"].count == 3
        assert found.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert wal(settings).stat().st_size == 2 * LEAST_ROOM


def test_a_disk_without_room_only_makes_commits_slower(
    db: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(descriptor: int, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(os, "write", refuse)
        lengthen_wal(db, LEAST_ROOM)
    assert "No space left" in caplog.text
    store(db)
    assert db["reports"].count == 1
