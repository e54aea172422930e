"""Account changes to tell by mail: events of the trace since the last mail about accounts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlite_utils import Database

from kiosk import clock
from kiosk.store.base.connection import any_text, immediate
from kiosk.store.outbox import deliveries
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.trace import events
from kiosk.store.trace.account_ledger import ABOUT_ACCOUNTS, RECORDED, TOLD, UNREADABLE
from kiosk.store.trace.events import Event


@dataclass(frozen=True, slots=True)
class AccountChange:
    number: int
    at: datetime
    actor: str
    action: str
    detail: Mapping[str, Any]


def untold(db: Database) -> list[AccountChange]:
    """Oldest first. Read each second, by an index."""
    query = f"SELECT id, at, actor, action, detail FROM events WHERE {ABOUT_ACCOUNTS} AND action NOT IN (?, ?)"
    with any_text(db):
        rows = db.execute(f"{query} AND id > ? ORDER BY id", (RECORDED, TOLD, _last_told(db))).fetchall()
    return [
        AccountChange(number, _moment(at), actor, action, _detail(detail)) for number, at, actor, action, detail in rows
    ]


def record_told(db: Database, mails: Sequence[NewDelivery], last: int, *, site: str, now: datetime) -> None:
    """Queue the mails; ``last``: number of the last change that they tell, or that needs no mail."""
    with immediate(db):
        deliveries.enqueue(db, mails, report_id=None, site=site, now=now)
        events.append(db, [Event(action=TOLD, detail={"last": last, "mails": len(mails)})], now)


def _moment(text: str) -> datetime:
    """Long ago if only somebody past the kiosk can have written it: that must be told too."""
    try:
        return clock.from_text(text)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)


def _detail(text: str) -> dict[str, Any]:
    """Empty if only somebody past the kiosk can have written it."""
    try:
        read = json.loads(text)
    except UNREADABLE:
        return {}
    return read if isinstance(read, dict) else {}


def _last_told(db: Database) -> int:
    """An event that claims what came after it, or nothing readable, is not ours."""
    query = f"SELECT id, detail FROM events WHERE {ABOUT_ACCOUNTS} AND action = ? ORDER BY id DESC"
    for number, detail in db.execute(query, (TOLD,)):
        last = _detail(detail).get("last")
        if isinstance(last, int) and last < number:
            return last
    return 0
