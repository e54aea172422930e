"""Register of breaches and daily figures: their order, and the indexes that keep them flat in cost."""

from datetime import timedelta
from typing import Any

import pytest
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.store.reports import breach_register, breaches
from kiosk.store.reports.breach_register import DECIDED, UNDECIDED, Part
from kiosk.store.watch import daily_figures
from kiosk.store.watch.daily_figures import Period
from tests.build import NOON, add_a_second_site, store

SITES = ("siege", "nord")
HOUR = timedelta(hours=1)


@pytest.fixture
def db(db: Database, settings: Settings) -> Database:
    add_a_second_site(db, settings)
    return db


def put(db: Database, reference: str, hours: int, *, site: str = "siege", decided: bool = False) -> None:
    """A report whose 72 hours end so many hours after noon."""
    moment = NOON + hours * HOUR
    more: dict[str, Any] = {"site": site, "zone": None, "personal_data": "unknown", "deadline_at": moment}
    store(db, reference=reference, received_at=moment, **more)
    if decided:
        db.execute(
            "UPDATE breaches SET decision = 'not_notifiable', decided_at = opened_at, decided_by = 'dora'"
            " WHERE report_id = (SELECT id FROM reports WHERE reference = ?)",
            (reference,),
        )


def filled(db: Database) -> None:
    put(db, "DECIDED-OLD", 1, decided=True)
    put(db, "WAITS-LATER", 9, site="nord")
    put(db, "WAITS-FIRST", 2)
    put(db, "DECIDED-NEW", 5, site="nord", decided=True)
    put(db, "WAITS-SECON", 3, site="nord")


def listed(db: Database, **wanted: Any) -> list[str]:
    return [each.reference for each in breach_register.find(db, **{"sites": None, **wanted})]


def test_the_nearest_deadline_comes_first_and_what_was_decided_last_the_newest_before_the_rest(db: Database) -> None:
    filled(db)
    waiting, settled = ["WAITS-FIRST", "WAITS-SECON", "WAITS-LATER"], ["DECIDED-NEW", "DECIDED-OLD"]
    assert listed(db) == waiting + settled
    assert listed(db, state="undecided") == waiting
    assert listed(db, state="decided") == settled
    assert listed(db, sites=("nord",)) == ["WAITS-SECON", "WAITS-LATER", "DECIDED-NEW"]
    for limit in range(6):
        assert listed(db, limit=limit) == (waiting + settled)[:limit]


def test_what_waits_is_counted_without_hidden_reports(db: Database) -> None:
    filled(db)
    assert breach_register.undecided(db) == (3, NOON + 2 * HOUR)
    db.execute("UPDATE reports SET state = 'closed', hidden_as = 'spam' WHERE reference = 'WAITS-FIRST'")
    assert breach_register.undecided(db) == (2, NOON + 3 * HOUR)


def plan_of(db: Database, statement: str, values: Any = ()) -> str:
    return " | ".join(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {statement}", values))


@pytest.mark.parametrize("part", [UNDECIDED, DECIDED], ids=lambda part: part.index)
def test_each_part_of_the_register_is_read_in_its_order_from_its_index(db: Database, part: Part) -> None:
    where, values = breach_register.by(part, "siege", 20)
    plan = plan_of(db, breaches.statement(where, index=part.index), values)
    assert plan == (
        f"SEARCH breaches USING INDEX {part.index} (site_id=?) | SEARCH reports USING INTEGER PRIMARY KEY (rowid=?)"
    )


def test_the_nearest_deadline_is_the_first_of_an_index(db: Database) -> None:
    plan = plan_of(db, breach_register.NEAREST, ("siege",))
    assert plan.startswith("SEARCH breaches USING INDEX breaches_undecided (site_id=?)")
    assert "TEMP B-TREE" not in plan


def test_open_reports_are_counted_in_an_index_without_reading_them(db: Database) -> None:
    plan = plan_of(db, daily_figures.OPEN)
    assert "SEARCH reports USING COVERING INDEX reports_to_do (site_id=? AND state=?)" in plan


@pytest.mark.parametrize("settled", [40, 400])
def test_figures_and_register_cost_the_same_however_much_was_settled(db: Database, settled: int) -> None:
    for number in range(settled):
        put(db, f"OLD-{number:07}", number, decided=True)
    db.execute("UPDATE reports SET state = 'closed', closed_at = received_at, outcome = 'resolved'")
    filled(db)
    last: int = db.execute("SELECT max(id) FROM reports").fetchone()[0]
    steps: list[int] = []
    db.conn.set_progress_handler(lambda: steps.append(1), 1)
    breach_register.find(db, sites=None, limit=4)
    breach_register.undecided(db)
    daily_figures.figures(db, Period(start=NOON, last_report=last - 2, last_event=0))
    daily_figures.period(db, now=NOON + 9000 * HOUR)
    db.conn.set_progress_handler(None, 1)
    assert len(steps) < 1500
