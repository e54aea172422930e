"""What has been kept long enough goes, a stage at a time, and nothing goes that somebody still needs."""

import dataclasses
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlite_utils import Database

from kiosk import clock
from kiosk.config import Settings
from kiosk.config.retention import KindDays, Retention
from kiosk.duty.acts import note
from kiosk.keeping.purge import due_now, erase_some, keep_no_longer, plan
from kiosk.keeping.rules import limits
from kiosk.store.base.connection import open_database
from kiosk.store.instance import start
from kiosk.store.keeping import announcements, erasure, holds
from kiosk.store.keeping.purgeable import CONTACT, CONTENT, purgeable_reports
from kiosk.store.reports import report_status
from tests.build import NOON
from tests.retention import CAMILLE, REFERENCE, a_report, actions, announced, kept, live, steady

DAY = timedelta(days=1)
GONE, WITHOUT_CONTACT, WHOLE = (False, False), (True, False), (True, True)


def days(stage: str, state: str = "closed") -> timedelta:
    return timedelta(days=getattr(getattr(Retention(), state), stage))


@pytest.mark.parametrize("state", ["closed", "acknowledged", "hidden"])
def test_the_contact_goes_first_and_then_all_that_was_written(db: Database, settings: Settings, state: str) -> None:
    a_report(db, state=state)
    announced(db, NOON)
    for stage, before, after in ((CONTACT, WHOLE, WITHOUT_CONTACT), (CONTENT, WITHOUT_CONTACT, GONE)):
        for moment, found in ((-DAY, before), (timedelta(minutes=1), after)):
            now = NOON + days(stage, state) + moment
            steady(db, now)
            live(db, settings, now)
            assert kept(db) == {REFERENCE: found}
    stones = erasure.tombstones(db, 1)
    assert [(stone.stage, stone.reason, stone.who) for stone in stones] == [
        ("contact", state, "kiosk"),
        ("content", state, "kiosk"),
    ]
    assert [action for _, action in actions(db) if action.endswith("_purged")] == ["contact_purged", "content_purged"]


def test_a_kind_has_days_of_its_own(db: Database, settings: Settings) -> None:
    a_report(db)
    a_report(db, reference="000-000-001", kind="theft")
    rules = Retention(notice=0, kinds=(KindDays(kind="theft", contact=400, content=500),))
    settings = dataclasses.replace(settings, retention=rules)
    now = NOON + 366 * DAY
    steady(db, now)
    live(db, settings, now)
    assert kept(db) == {REFERENCE: GONE, "000-000-001": WHOLE}


@pytest.mark.parametrize("why", ["open", "undelivered", "held"])
def test_what_is_needed_stays_however_old_and_the_database_itself_refuses(
    db: Database, settings: Settings, why: str
) -> None:
    number = a_report(db, state="open" if why == "open" else "closed", sent=why != "undelivered")
    if why == "held":
        holds.place(db, report_status.get(db, REFERENCE), "litigation", actor="camille", now=NOON)
    announced(db, NOON)
    now = NOON + 4000 * DAY
    steady(db, now)
    live(db, settings, now)
    assert kept(db) == {REFERENCE: WHOLE}
    with pytest.raises(sqlite3.IntegrityError, match="not purged"):
        db.execute("INSERT INTO tombstones VALUES (?, 'content', 'x', 'x', 'x', 'x', 'closed', 'x')", (number,))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE reports SET content = NULL",
        "UPDATE reports SET contact = NULL",
        "UPDATE notes SET text = NULL",
        "UPDATE tombstones SET who = 'nobody'",
        "DELETE FROM tombstones",
    ],
)
def test_nothing_becomes_null_without_its_tombstone(db: Database, settings: Settings, statement: str) -> None:
    a_report(db)
    note(db, REFERENCE, "une note", actor=CAMILLE, now=NOON)
    a_report(db, reference="000-000-001")
    erase_some(db, dataclasses.replace(settings, retention=Retention(notice=0)), NOON + days(CONTACT))
    with pytest.raises(sqlite3.IntegrityError):
        db.execute(f"{statement} WHERE true" if "contact" not in statement else _of_a_third(db, statement))


def _of_a_third(db: Database, statement: str) -> str:
    return f"{statement} WHERE id = {a_report(db, reference='000-000-002')}"


def test_what_changed_since_it_was_looked_for_is_let_alone(db: Database, settings: Settings) -> None:
    a_report(db)
    found = purgeable_reports(db, CONTACT, limits(settings, CONTACT, NOON + 100 * DAY))
    holds.place(db, report_status.get(db, REFERENCE), "inquiry", actor="camille", now=NOON)
    assert erasure.purge(db, found, now=NOON) == []
    assert holds.release(db, report_status.get(db, REFERENCE), actor="camille", now=NOON)
    db.execute("UPDATE reports SET closed_at = ?", (clock.to_text(NOON + DAY),))
    db.conn.commit()
    assert erasure.purge(db, found, now=NOON) == []
    assert kept(db) == {REFERENCE: WHOLE}


def test_a_hold_is_placed_once_and_released_once(db: Database) -> None:
    a_report(db)
    report = report_status.get(db, REFERENCE)
    assert holds.place(db, report, "authority", actor="camille", now=NOON)
    assert not holds.place(db, report, "other", actor="didier", now=NOON)
    hold = holds.in_force(db, report.id)
    assert hold
    assert (hold.reason, hold.placed_by, hold.placed_at) == ("authority", "camille", NOON)
    assert holds.release(db, report, actor="didier", now=NOON)
    assert not holds.release(db, report, actor="didier", now=NOON)
    assert actions(db)[-2:] == [("camille", "hold_placed"), ("didier", "hold_released")]
    with pytest.raises(ValueError, match="no such reason"):
        holds.place(db, report, "because", actor="camille", now=NOON)
    for statement in ("DELETE FROM holds", "UPDATE holds SET released_at = NULL, released_by = NULL"):
        with pytest.raises(sqlite3.IntegrityError):
            db.execute(statement)


def test_words_that_came_after_the_content_went_go_in_their_own_time(db: Database, settings: Settings) -> None:
    a_report(db)
    announced(db, NOON)
    now = NOON + 366 * DAY
    steady(db, now)
    live(db, settings, now)
    note(db, REFERENCE, "plus tard", actor=CAMILLE, now=now)
    for moment, left in ((now + 364 * DAY, 1), (now + 366 * DAY, 0)):
        steady(db, moment)
        live(db, settings, moment)
        assert db.execute("SELECT count(text) FROM notes").fetchone()[0] == left


def test_a_kill_between_two_commits_leaves_the_rest_for_the_next_look(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(50):
        a_report(db, reference=f"000-000-{number:03d}")
    now = NOON + 61 * DAY
    steady(db, now)
    keep_no_longer(db, settings, now)
    db.conn.close()
    with open_database(settings.database) as again:
        assert list(kept(again).values()).count(WITHOUT_CONTACT) == erasure.AT_ONCE
        live(again, settings, now)
        assert set(kept(again).values()) == {WITHOUT_CONTACT}
        assert again["tombstones"].count == 50


def on_disk(settings: Settings, blob: bytes) -> bool:
    files = (settings.database, Path(f"{settings.database}-wal"))
    return any(blob in path.read_bytes() for path in files if path.exists())


def test_late_words_follow_the_days_of_their_kind_and_go_a_few_reports_at_a_time(
    db: Database, settings: Settings
) -> None:
    rules = Retention(notice=0, kinds=(KindDays(kind="theft", contact=400, content=2000),))
    settings = dataclasses.replace(settings, retention=rules)
    count = erasure.AT_ONCE + 1
    for number in range(count):
        a_report(db, reference=f"000-000-{number:03d}", state=("closed", "acknowledged", "hidden")[number % 3])
    a_report(db, reference=REFERENCE, kind="theft")
    late = NOON + 3000 * DAY
    while erase_some(db, settings, late):
        continue
    for (reference,) in db.execute("SELECT reference FROM reports").fetchall():
        note(db, reference, "plus tard", actor=CAMILLE, now=late)
    assert len(erase_some(db, settings, late + 1500 * DAY)) == erasure.AT_ONCE
    assert len(erase_some(db, settings, late + 1500 * DAY)) == count - erasure.AT_ONCE
    assert [each.reference for each in due_now(db, settings, late + 2001 * DAY)] == [REFERENCE]


def test_even_the_sealed_bytes_are_gone_from_database_and_log(db: Database, settings: Settings) -> None:
    a_report(db, content=b"x" * 9000, contact=b"y" * 300)
    note(db, REFERENCE, "une note" * 20, actor=CAMILLE, now=NOON)
    announced(db, NOON)
    query = "SELECT content, contact, (SELECT text FROM notes) FROM reports"
    pieces = [
        blob[start : start + 32] for blob in db.execute(query).fetchone() for start in range(0, len(blob) - 32, 32)
    ]
    assert all(on_disk(settings, piece) for piece in pieces[:3])
    now = NOON + 366 * DAY
    steady(db, now)
    live(db, settings, now, turns=4)
    assert kept(db) == {REFERENCE: GONE}
    assert not any(on_disk(settings, piece) for piece in pieces)


def test_a_log_that_somebody_reads_is_cut_at_a_later_turn(db: Database, settings: Settings) -> None:
    a_report(db)
    now = NOON + 61 * DAY
    steady(db, now)
    with open_database(settings.database) as reader:
        cursor = reader.execute("SELECT id FROM reports UNION ALL SELECT id FROM events")
        cursor.fetchone()
        db.execute("PRAGMA busy_timeout = 0").fetchall()
        erase_some(db, settings, now)
        db.execute("PRAGMA busy_timeout = 0").fetchall()
        assert not erasure.clean_log(db)
        cursor.close()
    assert erasure.clean_log(db)
    assert db.execute("SELECT erased - overwritten FROM retention").fetchone()[0] == 0


def test_the_look_is_cheap_and_uses_its_index(db: Database, settings: Settings) -> None:
    seen: list[str] = []
    db.conn.set_trace_callback(seen.append)
    due_now(db, settings, NOON)
    db.conn.set_trace_callback(None)
    asked = [query for query in seen if query.startswith("SELECT id, reference, kind")]
    assert len(asked) == 15
    for query in asked[:6]:
        plan_of = " ".join(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {query}").fetchall())
        assert "USING INDEX reports_with_cont" in plan_of, plan_of
        assert "SCAN reports" not in plan_of
        assert "TEMP B-TREE" not in plan_of


STATES = st.sampled_from(["open", "acknowledged", "closed", "hidden"])
REPORTS = st.lists(st.tuples(STATES, st.booleans(), st.booleans(), st.integers(0, 900)), min_size=1, max_size=6)


@hypothesis_settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=REPORTS, later=st.integers(0, 1200), notice=st.sampled_from([0, 7]))
def test_nothing_undelivered_unacknowledged_or_held_is_ever_purged(
    tmp_path_factory: Any, rows: list[tuple[str, bool, bool, int]], later: int, notice: int
) -> None:
    settings = Settings(instance=tmp_path_factory.mktemp("any") / "instance", retention=Retention(notice=notice))
    with start.prepare(settings, NOON) as db:
        for number, (state, sent, held, age) in enumerate(rows):
            reference = f"000-000-{number:03d}"
            a_report(db, reference=reference, state=state, at=NOON - age * DAY, sent=sent)
            if held:
                holds.place(db, report_status.get(db, reference), "other", actor="camille", now=NOON)
        announced(db, NOON)
        now = NOON + later * DAY
        steady(db, now)
        foreseen = {(each.reference, each.stage) for each in plan(db, settings, now).going}
        live(db, settings, now)
        done = {(row[0], row[1]) for row in db.execute("SELECT reference, stage FROM tombstones")}
        assert done == foreseen
        for number, (state, _, held, age) in enumerate(rows):
            found = kept(db)[f"000-000-{number:03d}"]
            if state == "open" or not db_sent(db, number) or held:
                assert found == WHOLE
            elif age + later > days(CONTENT, state).days and notice <= later:
                assert found == GONE


def db_sent(db: Database, number: int) -> bool:
    query = "SELECT deliveries.state FROM deliveries JOIN reports ON reports.id = report_id WHERE reference = ?"
    return all(row[0] == "sent" for row in db.execute(query, (f"000-000-{number:03d}",)))


def test_looks_and_days(db: Database) -> None:
    outlook = announcements.outlook(db)
    assert outlook.is_time(NOON)
    for day in range(8):
        outlook = announcements.note_look(db, now=NOON + day * DAY)
        assert outlook.steady == (day >= 6)
    assert not outlook.is_time(NOON + 7 * DAY + timedelta(minutes=59))
