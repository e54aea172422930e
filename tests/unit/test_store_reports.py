import os
import sqlite3
from datetime import timedelta

import pytest
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.errors import NotConfirmed, StoreError
from kiosk.store.base.connection import open_database
from kiosk.store.base.log_erasure import overwrite_log
from kiosk.store.keys import site_keys
from kiosk.store.keys.sealing import open_sealed
from kiosk.store.outbox import bodies, outcomes
from kiosk.store.outbox.attempts import Ending
from kiosk.store.outbox.undelivered import undelivered
from kiosk.store.reports import follow_up, submissions
from kiosk.store.trace import events
from tests.build import NOON, a_delivery, a_new_report, claim, erase_unasked, flipped, received, store

SENT = Ending("sent", "dot", "250 ok")


def test_a_report_its_deliveries_and_its_event_are_there_together(db: Database) -> None:
    store(db, "mssi", "manager")
    assert db["reports"].count == 1
    assert [row["audience_id"] for row in db["deliveries"].rows] == ["mssi", "manager"]
    assert db["bodies"].count == 1, "one for all"
    assert [row["action"] for row in db["events"].rows] == ["report_received"]


def test_nothing_stays_when_one_part_cannot_be_stored(db: Database) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        submissions.submit(db, a_new_report(), [a_delivery(audience="nobody")], [], NOON)
    assert db["reports"].count == db["deliveries"].count == db["events"].count == 0


def test_a_retry_finds_the_first_copy(db: Database) -> None:
    report = a_new_report()
    first = submissions.submit(db, report, [a_delivery()], [received()], NOON)
    again = submissions.submit(db, report, [a_delivery()], [received()], NOON + timedelta(hours=1))
    assert (first.is_new, again.is_new) == (True, False)
    assert (again.reference, again.committed_at) == (first.reference, NOON)
    assert db["reports"].count == db["deliveries"].count == 1


def test_a_reference_is_given_only_once(db: Database) -> None:
    store(db)
    with pytest.raises(submissions.ReferenceTaken):
        store(db)


def test_what_was_said_is_sealed_and_opens_with_the_sites_key_alone(db: Database, settings: Settings) -> None:
    report = a_new_report()
    submissions.submit(db, report, [], [received()], NOON)
    row = next(iter(db["reports"].rows))
    assert b"etrange" not in row["content"]
    private = site_keys.private_key(settings.secrets, "siege")
    assert open_sealed(row["content"], private, context=report.submission_hash + b"content") == report.content
    with pytest.raises(StoreError):
        open_sealed(row["content"], private, context=report.submission_hash + b"contact")
    with pytest.raises(StoreError):
        open_sealed(flipped(row["content"]), private, context=report.submission_hash + b"content")


def test_no_text_of_a_report_stands_in_clear_in_database_or_wal_but_in_the_waiting_mail(
    db: Database, settings: Settings
) -> None:
    store(db, content=b'{"description": "MARKER-7261"}', contact=b'{"name": "MARKER-7261"}')
    for name in ("kiosk.db", "kiosk.db-wal"):
        assert b"MARKER-7261" not in (settings.instance / name).read_bytes()


def test_the_mssi_s_250_is_what_transmitted_means(db: Database) -> None:
    store(db, "dpo", "mssi")
    before = submissions.transmission(db, "7K4-92Q-MX3")
    assert before is not None
    assert (before.transmitted_at, len(before.waiting)) == (None, 2)
    outcomes.record_sent(db, claim(db), SENT, NOON + timedelta(seconds=1))
    between = submissions.transmission(db, "7K4-92Q-MX3")
    assert between is not None
    assert (between.transmitted_at, [told.name for told in between.waiting]) == (None, ["MSSI"])
    outcomes.record_sent(db, claim(db), SENT, NOON + timedelta(seconds=2))
    after = submissions.transmission(db, "7K4-92Q-MX3")
    assert after is not None
    assert (after.transmitted_at, after.waiting) == (NOON + timedelta(seconds=2), ())


def test_the_follow_up_code_finds_its_report_and_no_other(db: Database) -> None:
    code_hash = os.urandom(32)
    store(db, follow_up_hash=code_hash)
    found = follow_up.find(db, code_hash)
    assert found is not None
    assert found.report.reference == "7K4-92Q-MX3"
    assert follow_up.find(db, os.urandom(32)) is None
    assert submissions.transmission(db, "000-000-000") is None


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM reports",
        "UPDATE reports SET kind = 'other'",
        "UPDATE reports SET content = x'00'",
        "INSERT OR REPLACE INTO reports SELECT * FROM reports",
        "DELETE FROM deliveries",
        "DELETE FROM bodies",
        "UPDATE bodies SET bytes = x'00'",
        "DELETE FROM attempts",
        "DELETE FROM events",
        "UPDATE events SET actor = 'nobody'",
        "INSERT OR REPLACE INTO events SELECT * FROM events",
    ],
)
def test_the_database_itself_refuses_to_lose_or_rewrite(db: Database, statement: str) -> None:
    store(db)
    claim(db)
    with pytest.raises(sqlite3.IntegrityError):
        db.conn.execute(statement)
    db.conn.rollback()
    assert db["reports"].count == db["deliveries"].count == db["bodies"].count == db["events"].count == 1


def test_content_may_be_erased_but_never_changed(db: Database) -> None:
    store(db)
    erase_unasked(db, "UPDATE reports SET content = NULL, contact = NULL")
    with pytest.raises(sqlite3.IntegrityError):
        db.conn.execute("UPDATE reports SET content = x'00'")


def test_a_delivery_that_left_stays_so(db: Database) -> None:
    store(db)
    outcomes.record_sent(db, claim(db), SENT, NOON)
    with pytest.raises(sqlite3.IntegrityError):
        db.conn.execute("UPDATE deliveries SET state = 'queued', sent_at = NULL")


def test_a_full_disk_is_not_confirmed_and_leaves_the_connection_usable(db: Database) -> None:
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {pages + 1}").fetchall()
    with pytest.raises(NotConfirmed):
        store(db, content=b"x" * 20_000)
    db.execute("PRAGMA max_page_count = 100000").fetchall()
    assert store(db).is_new


def test_a_writer_that_gets_no_turn_says_so(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.store.base.connection.WRITE_PATIENCE", 0.05)
    with open_database(settings.database) as other:
        other.conn.execute("BEGIN IMMEDIATE")
        with pytest.raises(NotConfirmed):
            store(db)
        other.conn.rollback()
    assert store(db).is_new


def test_the_trace_shows_a_change_made_behind_our_back(db: Database) -> None:
    for number in range(3):
        store(db, reference=f"000-000-00{number}")
    assert events.first_break(db) is None
    db.conn.execute("DROP TRIGGER events_are_never_rewritten")
    db.conn.execute("UPDATE events SET detail = '{\"x\": 1}' WHERE id = 2")
    assert events.first_break(db) == 2


def test_the_head_of_the_trace_is_its_last_event(db: Database) -> None:
    assert events.head(db).sequence == 0
    store(db)
    head = events.head(db)
    assert head.sequence == 1
    assert head.digest == next(iter(db["events"].rows))["digest"]


def test_the_body_of_a_mail_is_gone_once_it_was_sent_and_erased(db: Database, settings: Settings) -> None:
    report = a_new_report()
    submissions.submit(db, report, [a_delivery(body=b"MARKER-5512 " * 400)], [received()], NOON)
    assert b"MARKER-5512" in (settings.instance / "kiosk.db-wal").read_bytes()
    claimed = claim(db)
    outcomes.record_sent(db, claimed, SENT, NOON)
    assert bodies.left(db) == [claimed.delivery]
    bodies.erase(db, claimed.bodies)
    assert overwrite_log(db)
    for name in ("kiosk.db", "kiosk.db-wal"):
        assert b"MARKER-5512" not in (settings.instance / name).read_bytes()
    assert undelivered(db) == []
