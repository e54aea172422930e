"""Relay state, stored so that a restart keeps a pause. Each change of state is an event."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from kiosk import clock
from kiosk.store.base.connection import immediate
from kiosk.store.trace import events
from kiosk.store.trace.events import Event

SAME_SILENCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class RelayState:
    """``state``: untried, up, down (not reached or greeted) or refused (credentials rejected).

    ``certificate_until``: expiry of the last certificate; None without TLS. ``credentials``: of the last failure;
    changes with them, holds no secret. ``silent_since``: when the relay was last heard, while it owes an answer.
    """

    state: str
    since: datetime
    failures: int
    next_try_at: datetime
    last_reply: str
    certificate_until: datetime | None = None
    credentials: str = ""
    silent_since: datetime | None = None


def relay_state(db: Database) -> RelayState:
    columns = "state, since, failures, next_try_at, last_reply, certificate_until, credentials, silent_since"
    row = db.execute(f"SELECT {columns} FROM relay").fetchone()
    until, silent = (clock.from_text(moment) if moment else None for moment in (row[5], row[7]))
    return RelayState(row[0], clock.from_text(row[1]), row[2], clock.from_text(row[3]), row[4], until, row[6], silent)


def relay_answered(db: Database, now: datetime, *, certificate_until: datetime | None = None) -> None:
    """The relay accepted our greeting; writes nothing if already known."""
    known = relay_state(db)
    if known.state == "up" and known.certificate_until == certificate_until:
        return
    with immediate(db):
        before = relay_state(db)
        since = before.since if before.state == "up" else now
        _change(db, before, RelayState("up", since, 0, now, "", certificate_until), now)


def relay_failed(
    db: Database, *, state: str, reply: str, next_try_at: datetime, now: datetime, credentials: str = ""
) -> None:
    with immediate(db):
        before = relay_state(db)
        since = before.since if before.state == state else now
        after = RelayState(state, since, before.failures + 1, next_try_at, reply, before.certificate_until, credentials)
        _change(db, before, after, now)


def lift_pause(db: Database, now: datetime, *, of: Collection[str] = ("down", "refused")) -> None:
    """Allow a try now if the state is one of ``of``; writes nothing without a pause."""
    before = relay_state(db)
    if before.state in of and before.next_try_at > now:
        with immediate(db):
            db.execute("UPDATE relay SET next_try_at = ?", (clock.to_text(now),))


def note_silence(db: Database, since: datetime | None) -> None:
    """Since when the relay has owed an answer, None if it owes none; writes nothing if already known."""
    known = relay_state(db).silent_since
    if known == since or (known and since and abs(known - since) < SAME_SILENCE):
        return
    with immediate(db):
        db.execute("UPDATE relay SET silent_since = ?", (clock.to_text(since) if since else None,))


def _change(db: Database, before: RelayState, after: RelayState, now: datetime) -> None:
    since, next_try = clock.to_text(after.since), clock.to_text(after.next_try_at)
    until = clock.to_text(after.certificate_until) if after.certificate_until else None
    db.execute(
        "UPDATE relay SET state = ?, since = ?, failures = ?, next_try_at = ?, last_reply = ?, certificate_until = ?,"
        " credentials = ?",
        (after.state, since, after.failures, next_try, after.last_reply, until, after.credentials),
    )
    if before.state != after.state:
        detail = {"was": before.state, "reply": after.last_reply}
        events.append(db, [Event(action=f"relay_{after.state}", detail=detail)], now)
