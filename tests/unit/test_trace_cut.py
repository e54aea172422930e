"""Old events go, and what is left can still be verified: also by whoever suspects that more went than should have."""

import sqlite3
from datetime import datetime, timedelta

import pytest
from sqlite_utils import Database

from kiosk import clock
from kiosk.commands.verify import BROKEN, CANNOT_TELL, WHOLE, Noted, verify_trace
from kiosk.config import Settings
from kiosk.domain.trace_head import TraceHead
from kiosk.keeping.purge import shorten_trace
from kiosk.keeping.rules import months_before
from kiosk.store.base.connection import immediate
from kiosk.store.keeping import holds, trace_cut
from kiosk.store.reports import report_status
from kiosk.store.trace import events
from kiosk.store.trace.checks import check_more, reports_without_row, trace_check
from kiosk.store.trace.events import Event
from kiosk.store.watch import health
from tests.build import NOON
from tests.retention import REFERENCE, a_report, live, steady

YEAR_ON = NOON + timedelta(days=366)
DAY = timedelta(days=1)


def happen(db: Database, count: int, at: datetime) -> None:
    with immediate(db):
        events.append(db, [Event(action="sign_in", actor="camille") for _ in range(count)], at)


@pytest.fixture
def trace(db: Database) -> Database:
    """Ten old events, five young ones."""
    happen(db, 10, NOON)
    happen(db, 5, NOON + 300 * DAY)
    return db


def numbers(db: Database) -> list[int]:
    return [row[0] for row in db.execute("SELECT id FROM events ORDER BY id")]


def head_at(db: Database, sequence: int, written: datetime | None = None) -> Noted:
    return Noted("mail.eml", TraceHead(sequence, events.digest_at(db, sequence) or b""), written)


def cut(db: Database, settings: Settings, now: datetime = YEAR_ON) -> None:
    while shorten_trace(db, settings, now):
        continue


def test_old_events_go_and_the_rest_is_whole(trace: Database, settings: Settings) -> None:
    noted = [head_at(trace, number, NOON) for number in (3, 10, 12)]
    cut(trace, settings)
    assert numbers(trace) == [11, 12, 13, 14, 15, 16]
    (anchor,) = trace_cut.anchors(trace)
    assert (anchor.sequence, anchor.cut_at, anchor.last_moment, anchor.who) == (10, YEAR_ON, NOON, "kiosk")
    verdict = verify_trace(settings, [])
    assert (verdict.status, verdict.first, verdict.checked) == (WHOLE, 11, 16)
    assert "6 événements vérifiés à partir du numéro 11" in verdict.as_words()
    assert verify_trace(settings, noted[1:]).status == WHOLE
    before = verify_trace(settings, noted)
    assert before.status == CANNOT_TELL
    assert "l'événement 3 a été retiré le 21/11/2027" in before.as_words()


def test_a_head_at_the_anchor_that_is_another_ones_is_found(trace: Database, settings: Settings) -> None:
    cut(trace, settings)
    verdict = verify_trace(settings, [Noted("mail.eml", TraceHead(10, bytes.fromhex("ab" * 32)))])
    assert verdict.status == BROKEN
    assert "RÉÉCRITE" in verdict.as_words()


def test_it_is_cut_once_a_week_and_from_the_last_anchor_on(trace: Database, settings: Settings) -> None:
    cut(trace, settings)
    happen(trace, 1, YEAR_ON)
    cut(trace, settings, YEAR_ON + 6 * DAY)
    assert len(trace_cut.anchors(trace)) == 1
    cut(trace, settings, NOON + 670 * DAY)
    assert [anchor.sequence for anchor in trace_cut.anchors(trace)] == [10, 15]
    cut(trace, settings, NOON + 740 * DAY)
    assert [anchor.sequence for anchor in trace_cut.anchors(trace)] == [10, 15, 17]  # the first cut's own event is gone
    assert verify_trace(settings, []).status == WHOLE


def test_a_kill_between_the_cut_and_the_deleting_leaves_a_trace_that_is_whole(
    trace: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace_cut, "AT_ONCE", 4)
    assert shorten_trace(trace, settings, YEAR_ON)
    for left in (16, 12, 8, 6):
        assert len(numbers(trace)) == left
        assert verify_trace(settings, []).status == WHOLE
        shorten_trace(trace, settings, YEAR_ON)


@pytest.mark.parametrize("why", ["held", "undelivered", "open"])
def test_the_cut_stops_before_the_first_event_of_a_report_that_is_kept(
    trace: Database, settings: Settings, why: str
) -> None:
    happen(trace, 0, NOON)
    a_report(trace, at=NOON - DAY, state="open" if why == "open" else "closed", sent=why != "undelivered")
    happen(trace, 1, NOON)
    if why == "held":
        holds.place(trace, report_status.get(trace, REFERENCE), "litigation", actor="camille", now=NOON)
    first = trace.execute("SELECT min(id) FROM events WHERE reference = ?", (REFERENCE,)).fetchone()[0]
    # The five events before it are younger: the clock was set back since. What counts is where the first young one is.
    cut(trace, settings, NOON + 700 * DAY)
    assert numbers(trace)[0] == first == 16


def test_a_clock_that_ran_ahead_once_keeps_nothing_for_years(trace: Database, settings: Settings) -> None:
    with immediate(trace):
        events.append(trace, [Event(action="sign_in")], NOON + 4000 * DAY)
    happen(trace, 1, NOON + 301 * DAY)
    cut(trace, settings, NOON + 670 * DAY)
    assert trace_cut.anchors(trace)[-1].sequence == 17
    assert verify_trace(settings, []).status == WHOLE


def test_an_event_that_is_not_below_the_anchor_is_never_deleted(trace: Database, settings: Settings) -> None:
    cut(trace, settings)
    for statement in (
        "DELETE FROM events WHERE id = 11",
        "DELETE FROM trace_anchors",
        "UPDATE trace_anchors SET sequence = 12",
        "INSERT INTO trace_anchors VALUES (12, zeroblob(32), 'x', 'x', 'x')",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            trace.execute(statement)


def forge(db: Database, sequence: int, *, digest: bytes | None = None) -> None:
    """What somebody does who wants the events up to this one gone."""
    at = db.execute("SELECT at, digest FROM events WHERE id = ?", (sequence,)).fetchone()
    db.execute(
        "INSERT INTO trace_anchors VALUES (?, ?, ?, ?, 'kiosk')",
        (sequence, digest or at[1], clock.to_text(NOON + 301 * DAY), at[0]),
    )
    db.execute("DELETE FROM events WHERE id <= ?", (sequence,))
    db.conn.commit()


def test_an_anchor_without_its_event_is_found(trace: Database, settings: Settings) -> None:
    forge(trace, 12)
    verdict = verify_trace(settings, [])
    assert verdict.status == BROKEN
    assert "aucun événement ne le dit" in verdict.as_words()


def test_an_anchor_with_an_event_that_tells_of_young_events_is_found(trace: Database, settings: Settings) -> None:
    digest, at = trace.execute("SELECT digest, at FROM events WHERE id = 12").fetchone()
    detail = {"sequence": 12, "digest": digest.hex(), "last_moment": at, "months": 0}
    with immediate(trace):
        events.append(trace, [Event(action="trace_cut", detail=detail)], NOON + 301 * DAY)
    forge(trace, 12)
    verdict = verify_trace(settings, [])
    assert verdict.status == BROKEN
    assert "trop récent" in verdict.as_words()


def test_a_mail_shows_that_an_event_was_younger_than_its_cut_pretends(trace: Database, settings: Settings) -> None:
    cut(trace, settings)
    lately = [head_at(trace, 0), Noted("mail.eml", TraceHead(7, bytes.fromhex("ab" * 32)), YEAR_ON - 30 * DAY)]
    verdict = verify_trace(settings, lately)
    assert verdict.status == BROKEN
    assert "trop peu de temps avant" in verdict.as_words()


def test_an_anchor_that_is_swapped_for_another_breaks_the_chain(trace: Database, settings: Settings) -> None:
    cut(trace, settings)
    for name in ("anchors_are_never_rewritten", "an_anchor_holds_an_event"):
        trace.execute(f"DROP TRIGGER {name}")
    trace.execute("UPDATE trace_anchors SET digest = zeroblob(32)")
    trace.conn.commit()
    assert verify_trace(settings, []).status == BROKEN


def test_the_checks_of_the_background_process_begin_at_the_anchor(trace: Database, settings: Settings) -> None:
    check_more(trace, NOON)
    cut(trace, settings)
    for minute in range(3):
        checked = check_more(trace, YEAR_ON + timedelta(minutes=minute))
    assert (checked.tail.sequence, checked.broken_at) == (16, None)
    trace.execute("UPDATE trace_checks SET tail_number = 4, walk_number = 5")  # far behind, as after a long rest
    trace.conn.commit()
    assert check_more(trace, YEAR_ON + DAY).broken_at is None
    assert trace_check(trace).tail.sequence == 16
    assert reports_without_row(trace) == []
    assert health.pulse(trace, settings, YEAR_ON).clock_ok


def test_the_background_process_cuts_with_a_clock_that_can_be_believed(trace: Database, settings: Settings) -> None:
    live(trace, settings, YEAR_ON, turns=3)
    assert numbers(trace)[0] == 1
    steady(trace, YEAR_ON)
    live(trace, settings, YEAR_ON, turns=5)
    assert numbers(trace)[0] == 11
    assert trace.execute("SELECT erased - overwritten FROM retention").fetchone()[0] == 0


@pytest.mark.parametrize(
    ("now", "months", "found"),
    [("2027-03-31", 1, "2027-02-28"), ("2028-02-29", 12, "2027-02-28"), ("2027-11-20", 12, "2026-11-20")],
)
def test_months_are_those_of_the_calendar(now: str, months: int, found: str) -> None:
    assert months_before(datetime.fromisoformat(now), months) == datetime.fromisoformat(found)
