"""Undelivered mails, as `kiosk queue` and the console list them: those in a digest one by one."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.delivery_states import DeliveryState
from kiosk.domain.purposes import Purpose
from kiosk.store.outbox import digests


@dataclass(frozen=True, slots=True)
class Undelivered:
    """``next_attempt``: None if held. ``last_words``: the relay's, which may quote the mail; for readers alone.

    A mail in a digest has the state, the attempts and the next attempt of the digest.
    """

    reference: str | None
    purpose: Purpose
    audience: str
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_attempt: datetime | None
    last_reply: str
    last_words: str


LISTED = (
    "SELECT reference, d.purpose, d.audience_id, coalesce(g.state, d.state), d.attempts + coalesce(g.attempts, 0),"
    " d.created_at, coalesce(g.next_attempt_at, d.next_attempt_at), coalesce(g.last_reply, d.last_reply),"
    " coalesce(g.last_words, d.last_words), d.way != 'alone' AND d.state = 'queued'"
    " FROM deliveries d INDEXED BY deliveries_undelivered LEFT JOIN deliveries g ON g.id = d.digest_id"
    " LEFT JOIN reports ON reports.id = d.report_id"
    " WHERE d.state NOT IN ('sent', 'cancelled') AND d.purpose != 'digest'"
    " AND (:sites IS NULL OR d.site_id IN (SELECT value FROM json_each(:sites)))"
    " ORDER BY d.created_at, d.id LIMIT :limit"
)


def undelivered(db: Database, *, limit: int = -1, sites: Sequence[str] | None = None) -> Sequence[Undelivered]:
    """Oldest first; at most ``limit`` unless negative. ``sites``: None for all."""
    moments = digests.next_moments(db)
    rows = db.execute(LISTED, {"limit": limit, "sites": None if sites is None else json.dumps(sites)})
    return [_undelivered(row, moments) for row in rows]


def _undelivered(row: Sequence[str], moments: Mapping[str, datetime]) -> Undelivered:
    reference, purpose, audience, state, attempts, created, next_attempt, reply, words, waits = row
    moment = clock.from_text(next_attempt)
    if waits:
        moment = max(moment, moments.get(audience, moment))
    return Undelivered(
        reference,
        Purpose(purpose),
        audience,
        DeliveryState(state),
        int(attempts),
        clock.from_text(created),
        None if state == DeliveryState.HELD else moment,
        reply,
        words or reply,
    )
