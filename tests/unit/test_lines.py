"""A flood is one line: similar reports of ten minutes stand together, and none is swallowed by what was dealt with."""

import sqlite3
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.severity import Severity
from kiosk.store.reports import folded_lists, line_members, lines, report_lists
from kiosk.store.reports.folded_lists import ReportLine
from kiosk.store.reports.report_lists import LANES, Selection, View
from tests.build import NOON, add_a_second_site, store
from tests.unit.test_report_lists import plan_of

PLACE: dict[str, Any] = {"site": "siege", "kind": "virus", "zone": "zone-1", "now": NOON}


def comes(db: Database, number: int, *, after: float = 0, **changes: Any) -> int:
    """Id of the first report of its line; it comes ``after`` so many minutes."""
    store(db, reference=reference(number), received_at=at(after), now=at(after), **changes)
    return int(db.execute("SELECT line_id FROM reports ORDER BY id DESC LIMIT 1").fetchone()[0])


def reference(number: int) -> str:
    return f"REPORT-{number:04}"


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def stands(db: Database, number: int, values: str) -> None:
    db.execute(f"UPDATE reports SET {values} WHERE id = ?", (number,))


def listed(db: Database, view: View = View.TO_DO, **narrowed: Any) -> tuple[ReportLine, ...]:
    return folded_lists.page(db, Selection(sites=("siege", "nord"), view=view, **narrowed)).lines


def told(line: ReportLine) -> tuple[str, int, list[str]]:
    return line.head.reference, line.count, [report.reference for report in line.shown]


def test_a_line_holds_what_comes_within_ten_minutes_of_its_first_report(db: Database) -> None:
    minutes = (0, 4, 9.9, 10, 15, 19.9, 20.1)
    assert [comes(db, number, after=minute) for number, minute in enumerate(minutes)] == [1, 1, 1, 4, 4, 4, 7]


@pytest.mark.parametrize("other", [{"kind": "theft"}, {"zone": "zone-2"}, {"zone": None}, {"site": "nord"}])
def test_another_kind_zone_or_site_is_another_line_and_no_zone_is_like_no_zone(
    db: Database, settings: Settings, other: dict[str, Any]
) -> None:
    add_a_second_site(db, settings)
    assert [comes(db, 1), comes(db, 2, **other), comes(db, 3, **other), comes(db, 4)] == [1, 2, 2, 1]


CLOSED = "state = 'closed', outcome = 'resolved', closed_at = received_at"
HIDDEN = "state = 'closed', hidden_as = 'spam', closed_at = received_at"


@pytest.mark.parametrize("ended", [CLOSED, HIDDEN])
def test_what_comes_after_the_end_of_a_whole_line_begins_its_own(db: Database, ended: str) -> None:
    comes(db, 1)
    comes(db, 2)
    stands(db, 1, ended)
    assert comes(db, 3, after=1) == 1, "one of it still waits"
    stands(db, 2, ended)
    stands(db, 3, ended)
    assert comes(db, 4, after=2) == 4
    assert [told(line) for line in listed(db)] == [(reference(4), 1, [reference(4)])]


def test_a_report_joins_a_line_that_somebody_has_and_waits_all_the_same(db: Database) -> None:
    comes(db, 1)
    stands(db, 1, "state = 'acknowledged', taken_at = received_at")
    assert comes(db, 2) == 1
    waiting, taken = listed(db)
    assert (told(waiting)[1:], waiting.taken) == ((1, [reference(2)]), 1)
    assert (told(taken)[1:], taken.open) == ((1, [reference(1)]), 1)
    assert report_lists.waiting(db, ("siege",)).count == 1


def test_a_clock_that_was_set_back_begins_a_new_line(db: Database) -> None:
    comes(db, 1, after=5)
    assert comes(db, 2, after=0) == 2


def test_a_critical_report_shows_before_the_normal_ones_of_its_line(db: Database) -> None:
    for number, severity in enumerate([Severity.NORMAL] * 30 + [Severity.CRITICAL, Severity.HIGH], 1):
        comes(db, number, after=number / 10, severity=severity)
    comes(db, 40, kind="theft", severity=Severity.HIGH)
    line, other = listed(db)
    assert (line.head.reference, line.head.severity, line.count) == (reference(31), "critical", 32)
    assert [report.severity for report in line.shown[:3]] == ["critical", "high", "normal"]
    assert len(line.shown) == folded_lists.SHOWN < 32
    assert (line.first_at, line.last_at, line.newest) == (at(0.1), at(3.2), 32)
    assert told(other)[:2] == (reference(40), 1)


def test_a_line_counts_those_of_the_list_that_is_shown(db: Database) -> None:
    for number in range(1, 8):
        comes(db, number)
    stands(db, 1, "state = 'acknowledged', taken_at = received_at")
    for number in (2, 3):
        stands(db, number, CLOSED)
    stands(db, 4, HIDDEN)
    counts = {view: [line.count for line in listed(db, view)] for view in View}
    assert counts == {
        View.TO_DO: [3, 1],
        View.WAITING: [3],
        View.TAKEN: [1],
        View.CLOSED: [2],
        View.ALL: [6],
        View.HIDDEN: [1],
    }


def test_a_page_is_so_many_lines_and_no_line_stands_on_two(db: Database) -> None:
    zones = [f"zone-{number}" for number in range(7)]
    for number in range(70):
        severity = list(Severity)[number * 5 % 3]
        comes(db, number, after=number / 100, zone=zones[number % 7], severity=severity)
    for number in range(1, 71, 9):
        stands(db, number, "state = 'acknowledged', taken_at = received_at")
    for view in (View.TO_DO, View.WAITING, View.ALL):
        whole = [(line.head.line, line.head.state) for line in listed(db, view)]
        assert len(whole) == len(set(whole)) == (14 if view is View.TO_DO else 7)
        found, after = [], None
        while True:
            page = folded_lists.page(db, Selection(sites=("siege",), view=view), after, size=3)
            assert len(page.lines) <= 3
            found += [(line.head.line, line.head.state) for line in page.lines]
            after = page.after
            if after is None:
                break
        assert found == whole


def test_a_day_counts_its_own_reports_of_a_line_that_goes_on(db: Database) -> None:
    for number, minute in enumerate((0, 4, 8)):
        comes(db, number, after=minute)
    for view in (View.TO_DO, View.ALL):
        assert [line.count for line in listed(db, view, first=at(2))] == [2]
        assert [line.count for line in listed(db, view, before=at(2))] == [1]
        assert [line.count for line in listed(db, view, first=at(2), before=at(6))] == [1]
        assert listed(db, view, first=at(9)) == ()


def test_a_page_costs_so_many_statements_however_many_reports_there_are(db: Database) -> None:
    def statements() -> int:
        ran: list[str] = []
        db.conn.set_trace_callback(ran.append)
        listed(db)
        db.conn.set_trace_callback(None)
        return len([one for one in ran if not one.startswith("--")])

    comes(db, 0)
    before = statements()
    for number in range(1, 60):
        comes(db, number, zone=f"zone-{number % 4}")
    assert statements() == before


@pytest.mark.parametrize("view", [View.TO_DO, View.ALL])
def test_a_step_from_line_to_line_costs_the_same_however_many_a_line_holds(db: Database, view: View) -> None:
    lane, selection = LANES[view][2 if view is View.TO_DO else 0], Selection(sites=("siege",), view=view)

    def work() -> int:
        """In tens of instructions of SQLite."""
        done: list[int] = []
        db.conn.set_progress_handler(lambda: done.append(1), 10)
        folded_lists.lane_lines(db, selection, lane, None, 9)
        db.conn.set_progress_handler(None, 0)
        return len(done)

    for number in range(3):
        comes(db, number, kind=f"kind-{number}", severity=Severity.NORMAL)
    few = work()
    for number in range(3, 153):
        comes(db, number, kind=f"kind-{number % 3}", severity=Severity.NORMAL)
    assert len(listed(db, view)) == 3
    assert work() <= few + 2


def test_the_line_of_the_next_report_is_found_on_an_index(db: Database) -> None:
    values = {**PLACE, "since": "", "line": 1, "at": ""}
    (plan,) = plan_of(db, lines.FIRST, values)
    wanted = "(site_id=? AND kind=? AND zone=? AND received_at>? AND received_at<?)"
    assert plan == f"SEARCH reports USING INDEX reports_that_begin_a_line {wanted}"
    (plan,) = plan_of(db, lines.TO_DO, values)
    assert "COVERING INDEX reports_in_lines (site_id=? AND line_at=? AND line_id=? AND state=?)" in plan


def test_what_a_report_may_repeat_is_found_in_the_order_of_receipt(db: Database) -> None:
    """However many reports of its kind there are."""
    plan = db.execute(f"EXPLAIN QUERY PLAN SELECT id {line_members.RECENTLY} LIMIT 5", ("siege", "virus", "", 1))
    assert [row[3] for row in plan] == ["SEARCH reports USING INDEX reports_shown (site_id=? AND received_at>?)"]


@pytest.mark.parametrize(
    ("column", "value", "promise"),
    [
        ("line_id", 2, "what a report said is never rewritten"),
        ("line_at", "2026-11-20T12:00:00.000Z", "what a report said is never rewritten"),
        ("repeats", 1, "CHECK constraint failed"),
    ],
)
def test_no_program_moves_a_report_to_another_line(db: Database, column: str, value: Any, promise: str) -> None:
    comes(db, 1)
    comes(db, 2, kind="theft")
    with pytest.raises(sqlite3.IntegrityError, match=promise):
        db.execute(f"UPDATE reports SET {column} = ? WHERE id = 1", (value,))


def test_a_line_of_another_kind_is_refused(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    comes(db, 1)
    monkeypatch.setattr(lines, "line_of_next", lambda *_, **__: lines.LineKey(1, "2026-11-20T12:00:00.000Z"))
    with pytest.raises(sqlite3.IntegrityError, match="one kind, site and zone"):
        comes(db, 2, kind="theft")


def test_the_newest_that_waits_is_known_whatever_its_line(db: Database) -> None:
    comes(db, 1, severity=Severity.CRITICAL)
    comes(db, 2, after=1, kind="theft", severity=Severity.CRITICAL)
    comes(db, 3, after=2, severity=Severity.CRITICAL)
    assert report_lists.waiting(db, ("siege",)).newest[Severity.CRITICAL] == 3


def test_a_day_sheet_lists_every_report(db: Database) -> None:
    for number in range(3):
        comes(db, number, after=number)
    found = report_lists.received(db, Selection(sites=("siege",), first=at(-1), before=at(9)), 2)
    assert [report.reference for report in found] == [reference(1), reference(2)]
    assert [one.reference for one in report_lists.oldest_waiting(db, ("siege",), 2)] == [reference(0), reference(1)]
