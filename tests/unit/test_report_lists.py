"""Staff find what needs them first, and finding it costs the same however much there is."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.severity import Severity
from kiosk.store.reports import folded_lists, report_lists
from kiosk.store.reports.folded_lists import Place
from kiosk.store.reports.report_lists import LANES, Selection, View
from tests.build import NOON, add_a_second_site, store

SITES = ("siege", "nord")


@pytest.fixture
def db(db: Database, settings: Settings) -> Database:
    add_a_second_site(db, settings)
    return db


def put(db: Database, reference: str, minutes: int = 0, **changes: Any) -> None:
    """A report that came ``minutes`` after noon; ``taken``, ``closed`` and ``hidden`` say how it stands.

    Each in a zone of its own, so in a line of its own, unless ``zone`` says otherwise.
    """
    changes = {"zone": reference, **changes}
    states = {name: changes.pop(name, None) for name in ("taken", "closed", "hidden")}
    store(db, reference=reference, received_at=NOON + timedelta(minutes=minutes), **changes)
    at = "2026-11-20T13:00:00.000Z"
    if states["taken"]:
        db.execute("UPDATE reports SET state = 'acknowledged', taken_by = ?, taken_at = ? WHERE reference = ?",
                   (states["taken"], at, reference))  # fmt: skip
    if states["closed"] or states["hidden"]:
        db.execute("UPDATE reports SET state = 'closed', closed_at = ?, outcome = ?, hidden_as = ? WHERE reference = ?",
                   (at, states["closed"], states["hidden"], reference))  # fmt: skip


def listed(db: Database, **selection: Any) -> list[str]:
    return [line.head.reference for line in folded_lists.page(db, Selection(**{"sites": SITES, **selection})).lines]


def test_what_nobody_has_taken_comes_first_the_worst_and_the_oldest_before_the_rest(db: Database) -> None:
    put(db, "TAKEN-CRIT0", 0, severity="critical", taken="A")
    put(db, "NORMAL-OLD0", 1, severity="normal")
    put(db, "CRITICAL-02", 3, severity="critical")
    put(db, "CRITICAL-01", 2, severity="critical", site="nord")
    put(db, "HIGH-NEW-00", 4, severity="high")
    put(db, "CLOSED-0000", 5, closed="resolved")
    assert listed(db) == ["CRITICAL-01", "CRITICAL-02", "HIGH-NEW-00", "NORMAL-OLD0", "TAKEN-CRIT0"]


def test_a_view_shows_its_own_and_hidden_ones_stand_apart(db: Database) -> None:
    put(db, "OPEN-000000", 0)
    put(db, "TAKEN-00000", 1, taken="A")
    put(db, "CLOSED-0000", 2, closed="resolved")
    put(db, "HIDDEN-0000", 3, hidden="spam")
    shown = {view: listed(db, view=view) for view in View}
    assert shown == {
        View.TO_DO: ["OPEN-000000", "TAKEN-00000"],
        View.WAITING: ["OPEN-000000"],
        View.TAKEN: ["TAKEN-00000"],
        View.CLOSED: ["CLOSED-0000"],
        View.ALL: ["CLOSED-0000", "TAKEN-00000", "OPEN-000000"],
        View.HIDDEN: ["HIDDEN-0000"],
    }


def test_what_waits_is_counted_and_its_newest_known_whatever_a_list_shows(db: Database) -> None:
    put(db, "CRITICAL-01", 0, severity="critical", site="nord")
    put(db, "CRITICAL-02", 1, severity="critical")
    put(db, "HIGH-000000", 2)
    put(db, "TAKEN-00000", 3, severity="critical", taken="A")
    put(db, "HIDDEN-0000", 4, severity="normal", hidden="spam")
    waiting = report_lists.waiting(db, SITES)
    assert waiting == report_lists.WaitingCount(3, {"critical": 2, "high": 3, "normal": 0})
    assert report_lists.waiting(db, ()).count == 0


def test_a_member_of_one_site_sees_nothing_of_another(db: Database) -> None:
    put(db, "HERE-000000")
    put(db, "THERE-00000", site="nord")
    assert listed(db, sites=("nord",)) == ["THERE-00000"]
    assert listed(db, sites=()) == []


def test_kind_and_date_narrow_every_view(db: Database) -> None:
    put(db, "VIRUS-00000", 0)
    put(db, "THEFT-00000", 60, kind="theft")
    put(db, "THEFT-LATER", 120, kind="theft")
    later = NOON + timedelta(minutes=90)
    for view in (View.TO_DO, View.WAITING, View.ALL):
        assert set(listed(db, view=view, kind="theft")) == {"THEFT-00000", "THEFT-LATER"}
        assert set(listed(db, view=view, first=later)) == {"THEFT-LATER"}
        assert set(listed(db, view=view, before=later)) == {"VIRUS-00000", "THEFT-00000"}


def pages(db: Database, selection: Selection, size: int) -> Iterator[list[str]]:
    after: Place | None = None
    while True:
        page = folded_lists.page(db, selection, after, size=size)
        yield [line.head.reference for line in page.lines]
        after = page.after
        if after is None:
            return


def test_page_by_page_everything_is_shown_once_and_in_order(db: Database) -> None:
    states: list[dict[str, Any]] = [{}, {"taken": "A"}, {"closed": "resolved"}, {"hidden": "test"}]
    for number, (state, severity, site) in enumerate(product(states, Severity, SITES)):
        put(db, f"REPORT-{number:04}", number % 5, severity=severity, site=site, **state)
    for view, size in product(View, (1, 2, 3, 7)):
        whole = listed(db, view=view)
        assert len(whole) == len(set(whole)) > 0
        shown = pages(db, Selection(sites=SITES, view=view), size)
        assert [reference for page in shown for reference in page] == whole, (view, size)


def test_a_line_that_moved_on_meanwhile_breaks_no_page(db: Database) -> None:
    for number in range(4):
        put(db, f"REPORT-{number:04}", number)
    first = folded_lists.page(db, Selection(sites=SITES), size=2)
    db.execute("UPDATE reports SET state = 'acknowledged', taken_at = received_at WHERE reference = 'REPORT-0001'")
    rest = folded_lists.page(db, Selection(sites=SITES), first.after, size=9)
    assert [line.head.reference for line in rest.lines] == ["REPORT-0002", "REPORT-0003", "REPORT-0001"]


INDEX = {View.TO_DO: "reports_in_lines", View.HIDDEN: "reports_hidden"}
NARROWED: list[dict[str, Any]] = [{}, {"kind": "theft"}, {"first": NOON, "before": NOON}]


def test_every_list_is_read_from_an_index_line_by_line_and_in_its_own_order(db: Database) -> None:
    for view, narrowed, behind in product(View, NARROWED, (None, 3)):
        selection = replace(Selection(sites=SITES, view=view), **narrowed)
        for lane in LANES[view]:
            given = folded_lists.values(selection, lane, behind, 1) | {"site": "siege"}
            plan = plan_of(db, folded_lists.statement(selection, lane), given)
            steps = [step for step in plan if "SEARCH reports " in step]
            of_lane = "site_id=? AND state=? AND severity=? AND " if lane.severity else "site_id=? AND "
            assert steps[0].startswith(f"SEARCH reports USING COVERING INDEX {lane.index} ({of_lane}"), (view, plan)
            assert f"(line_at,line_id,{lane.next_column})" in steps[0], (view, plan)
            assert all("line_at=? AND line_id=?" in step for step in steps[1:]), (view, plan)
            assert [step for step in plan if "TEMP B-TREE" in step or "SCAN reports" in step] == [], (view, plan)


def test_what_a_line_holds_is_counted_on_an_index(db: Database) -> None:
    for view, narrowed in product((View.TO_DO, View.HIDDEN), NARROWED):
        among = folded_lists.among(replace(Selection(sites=SITES, view=view), **narrowed))
        given = {"lines": "[1]", "state": "open", "limit": 1, "first": "", "before": "~"}
        counted = plan_of(db, folded_lists.PARTS.format(among=among, days="received_at >= :first"), given)
        assert f"SEARCH reports USING COVERING INDEX {INDEX[view]} (site_id=? AND line_at=? AND line_id=?)" in counted
        of_state = f"{among} AND state = :state"
        members = plan_of(db, folded_lists.MEMBERS.format(among=of_state), given)
        assert "SEARCH reports USING INTEGER PRIMARY KEY (rowid=?)" in members
        ordered = f"COVERING INDEX {INDEX[view]} (site_id=? AND line_at=? AND line_id=? AND state=?)"
        assert any(ordered in step for step in members), members


def plan_of(db: Database, statement: str, given: Any = ()) -> list[str]:
    return [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {statement}", given)]


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("SELECT * FROM reports WHERE reference = ?", "(reference=?)"),
        ("SELECT max(id) FROM events WHERE reference = ?", "COVERING INDEX events_of_report (reference=?)"),
        (report_lists.WAITING, "INDEX reports_to_do (site_id=? AND state=?)"),
        (report_lists.NEWEST, "INDEX reports_waiting (site_id=? AND severity=?)"),
        (report_lists.STUCK.format(marks="?"), "deliveries_of_report (report_id=?)"),
    ],
)
def test_what_is_looked_up_is_found_without_reading_all(db: Database, statement: str, index: str) -> None:
    plan = " ".join(plan_of(db, statement, ["x"] * statement.count("?")))
    assert index in plan
    assert "SCAN" not in plan


def test_the_newest_event_is_found_at_the_end_of_the_table(db: Database) -> None:
    assert plan_of(db, report_lists.STAMP) == ["SEARCH events"]


def test_trouble_with_mails_is_told_of_the_reports_that_have_it(db: Database) -> None:
    for number, reference in enumerate(("HELD-000000", "LATE-000000", "FINE-000000", "FRESH-00000")):
        put(db, reference, now=NOON + timedelta(hours=1 if number == 3 else 0))
    db.execute("UPDATE deliveries SET state = 'held' WHERE report_id = 1")
    db.execute("UPDATE deliveries SET state = 'sent', sent_at = created_at WHERE report_id = 3")
    found = report_lists.stuck(db, [1, 2, 3, 4], NOON + timedelta(minutes=15))
    assert found == {1: "held", 2: "late"}
