"""Account changes to tell by mail: events of the trace since the last mail about accounts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from kiosk import clock
from kiosk.store.base.connection import immediate
from kiosk.store.outbox import deliveries
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.trace import events
from kiosk.store.trace.account_ledger import ABOUT_ACCOUNTS, RECORDED, TOLD
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
    rows = db.execute(
        f"SELECT id, at, actor, action, detail FROM events WHERE {ABOUT_ACCOUNTS} AND action NOT IN (?, ?) AND id > ?"
        " ORDER BY id",
        (RECORDED, TOLD, _last_told(db)),
    )
    return [
        AccountChange(number, clock.from_text(at), actor, action, _detail(detail))
        for number, at, actor, action, detail in rows
    ]


def record_told(db: Database, mails: Sequence[NewDelivery], last: int, *, site: str, now: datetime) -> None:
    """Queue the mails; ``last``: number of the last change that they tell, or that needs no mail."""
    with immediate(db):
        for mail in mails:
            deliveries.enqueue(db, mail, report_id=None, site=site, now=now)
        events.append(db, [Event(action=TOLD, detail={"last": last, "mails": len(mails)})], now)


def _detail(text: str) -> dict[str, Any]:
    """Empty if nobody but somebody past the kiosk can have written it: that must be told too."""
    try:
        read = json.loads(text)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _last_told(db: Database) -> int:
    row = db.execute(
        f"SELECT detail FROM events WHERE {ABOUT_ACCOUNTS} AND action = ? ORDER BY id DESC LIMIT 1", (TOLD,)
    ).fetchone()
    return int(json.loads(row[0])["last"]) if row else 0
