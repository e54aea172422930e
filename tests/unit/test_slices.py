"""A verification of a long trace lets erasing and writers in between its reads."""

import threading
import time
from collections.abc import Callable

import pytest
from sqlite_utils import Database

from kiosk import clock
from kiosk.config import Settings
from kiosk.store.base.connection import immediate, open_database
from kiosk.store.base.log_erasure import overwrite_log
from kiosk.store.instance import backup
from kiosk.store.keeping import trace_cut
from kiosk.store.keys import follow_up_secret
from kiosk.store.trace import checks, events, row_checks
from kiosk.store.trace.events import Event
from tests.build import store

SIZE = 10
EVENTS = 100

Verification = Callable[[Database], object]


@pytest.fixture
def long_trace(db: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setattr(events, "BATCH", SIZE)
    monkeypatch.setattr(row_checks, "AT_ONCE", SIZE)
    for number in range(3):
        store(db, reference=f"000-000-00{number}")
    with immediate(db):
        events.append(db, [Event(action="seen") for _ in range(EVENTS)], clock.now())
    return db


@pytest.mark.parametrize(
    ("verification", "pauses"),
    [
        (events.first_break, EVENTS // SIZE),
        (checks.reports_without_row, EVENTS // SIZE),
        (lambda db: list(row_checks.misfits(db)), 3),
    ],
    ids=["chain", "lost reports", "rows"],
)
def test_erasing_succeeds_between_two_reads(
    verification: Verification,
    pauses: int,
    long_trace: Database,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    erased, me = [], threading.get_ident()
    with open_database(settings.database) as other:

        def pause(seconds: float) -> None:
            if seconds == events.PAUSE and threading.get_ident() == me:
                with immediate(other):
                    other.execute("UPDATE retention SET erased = erased + 1")
                erased.append(overwrite_log(other))

        monkeypatch.setattr(time, "sleep", pause)
        assert verification(long_trace) in (None, [])
    assert len(erased) >= pauses
    assert all(erased)


def test_an_event_with_an_impossible_number_ends_the_slices_too(long_trace: Database) -> None:
    with immediate(long_trace):
        long_trace.execute(
            "INSERT INTO events VALUES (?, '', '', 'report_received', 'LOST', '', '', zeroblob(32), zeroblob(32))",
            (2**62,),
        )
    assert checks.reports_without_row(long_trace) == ["LOST"]


@pytest.mark.parametrize(
    "look", [backup.last_written, follow_up_secret.replaced_at, trace_cut.cuts], ids=["backup", "secret", "cuts"]
)
def test_what_is_looked_up_by_its_action_reads_no_other_event(look: Verification, long_trace: Database) -> None:
    statements: list[str] = []
    long_trace.conn.set_trace_callback(statements.append)
    look(long_trace)
    long_trace.conn.set_trace_callback(None)
    (query,) = [words for words in statements if "FROM events" in words]
    plan = str(long_trace.execute(f"EXPLAIN QUERY PLAN {query}").fetchall())
    assert "events_of_the_kiosk" in plan
