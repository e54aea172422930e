"""Builders of what tests need most: a report's row, a delivery, a claim."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlite_utils import Database

from kiosk.config import Settings, Site
from kiosk.domain.report import SentFrom
from kiosk.domain.severity import Severity
from kiosk.store.instance import directory
from kiosk.store.keys import site_keys
from kiosk.store.outbox import claims
from kiosk.store.outbox.claims import Claim, Turn
from kiosk.store.outbox.deliveries import NewDelivery
from kiosk.store.reports import submissions
from kiosk.store.reports.submissions import NewReport, StoredSubmission
from kiosk.store.trace.events import Event

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def a_new_report(**changes: Any) -> NewReport:
    report = NewReport(
        reference="7K4-92Q-MX3",
        submission_hash=os.urandom(32),
        fingerprint=bytes(32),
        follow_up_hash=os.urandom(32),
        follow_up_key=bytes(32),
        kind="virus",
        kind_title="Virus ou comportement anormal d'un poste",
        severity=Severity.HIGH,
        site="siege",
        zone="zone-1",
        terminal="hall",
        sent_from=SentFrom.TERMINAL,
        language="fr",
        observed_precision="now",
        observed_earliest=NOON,
        observed_latest=NOON,
        ongoing="yes",
        personal_data="no",
        aware_at=NOON,
        received_at=NOON,
        deadline_at=None,
        flags=(),
        content=b'{"description": "une fenetre etrange"}',
        contact=b'{"name": "A. Martin"}',
    )
    return replace(report, **changes)


# The final bytes of every mail that waits: more columns, a condition or an order may follow.
MAIL = "CAST(head || bytes AS BLOB)"
MAILS = f"SELECT {MAIL} FROM deliveries JOIN bodies ON bodies.id = body_id"


def a_delivery(
    reference: str = "7K4-92Q-MX3", audience: str = "mssi", body: bytes = b"Subject: x\r\n\r\ntext\r\n"
) -> NewDelivery:
    return NewDelivery(audience, f"<{reference}.{audience}@kiosk.invalid>", body)


def received(reference: str = "7K4-92Q-MX3") -> Event:
    return Event(action="report_received", actor="reporter", reference=reference)


def store(
    db: Database, *audiences: str, reference: str = "7K4-92Q-MX3", now: datetime = NOON, **changes: Any
) -> StoredSubmission:
    """A stored report with one delivery for each audience (the MSSI if none is named)."""
    report = a_new_report(reference=reference, **changes)
    deliveries = [a_delivery(reference, audience) for audience in audiences or ("mssi",)]
    return submissions.submit(db, report, deliveries, [received(reference)], now)


def claim(db: Database, now: datetime = NOON, *, retries_first: bool = False) -> Claim:
    claimed = claims.claim_next(db, Turn(retries_first), now)
    assert claimed is not None
    return claimed


def add_a_second_site(db: Database, settings: Settings) -> None:
    """``nord``, with its key."""
    sites = (*settings.sites, Site(id="nord", name="Nord"))
    directory.sync(db, sites, settings.audiences)
    site_keys.ensure_site_keys(db, settings.secrets, (site.id for site in sites), NOON)


def flipped(raw: bytes, place: int = -1) -> bytes:
    """The same bytes but for one bit: never the same by chance."""
    place %= len(raw)
    return raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]


def erase_unasked(db: Database, statement: str) -> None:
    """As after a purge, of a report that no purge would touch yet."""
    safeguards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%_with_its_%tombstone'"
    for (name,) in db.execute(safeguards).fetchall():
        db.execute(f"DROP TRIGGER {name}")
    db.execute(statement)
    db.conn.commit()
