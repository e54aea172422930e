"""A database with many reports, as doors and forwarder leave it: mails sent, breaches opened, a trace that holds.

One a minute, up to now. A third waits, a third is taken, a third is closed; a tenth involves personal data. Only the
newest have words, as many as a search opens.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime

from sqlite_utils import Database

from kiosk import clock
from kiosk.store.base.connection import immediate
from kiosk.store.keys.sealing import seal
from kiosk.store.keys.site_keys import site_key
from kiosk.store.reports import search
from kiosk.store.trace import events, row_digests
from kiosk.store.trace.events import Event
from kiosk.store.trace.row_digests import TABLES, RowDigests

SITE = "siege"
WORDS = json.dumps({"description": "La porte reste ouverte. " * 20}).encode()
AT_ONCE = 1440  # reports, and their events: a day
NUMBERS = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)"
REPORTS = f"""
{NUMBERS}
INSERT INTO reports (id, reference, submission_hash, fingerprint, follow_up_hash, follow_up_key, kind, kind_title,
  severity, state, site_id, zone, sent_from, language, observed_precision, ongoing, personal_data, aware_at,
  received_at, line_id, line_at, deadline_at, flags, site_key_id, content, taken_at, taken_by, closed_at, outcome)
SELECT n, printf('%03d-%03d-%03d', n / 1000000, n / 1000 % 1000, n % 1000), hash_of(n), zeroblob(32),
  randomblob(32), zeroblob(32), 'theft', 'Matériel ou document disparu',
  CASE n % 5 WHEN 0 THEN 'critical' WHEN 1 THEN 'high' ELSE 'normal' END,
  CASE n % 3 WHEN 0 THEN 'open' WHEN 1 THEN 'acknowledged' ELSE 'closed' END, :site, 'zone-1', 'terminal', 'fr',
  'now', 'yes', iif(n % 10, 'no', 'yes'), at, at, n, at, iif(n % 10, NULL, at), '[]', :key,
  iif(n > :count - :words, words_of(n), zeroblob(600)), iif(n % 3 = 1, at, NULL),
  iif(n % 3 = 1, 'A. Martin', NULL), iif(n % 3 = 2, at, NULL), iif(n % 3 = 2, 'resolved', NULL)
FROM (SELECT n, strftime('%Y-%m-%dT%H:%M:00.000Z', 'now', (n - :count) || ' minutes') AS at FROM numbers)
"""
BREACHES = """
INSERT INTO breaches (report_id, site_id, opened_at, opened_by, deadline_at, decision, decided_at, decided_by)
SELECT id, site_id, received_at, 'kiosk', deadline_at, iif(id % 20, NULL, 'not_notifiable'),
  iif(id % 20, NULL, received_at), iif(id % 20, NULL, 'mssi')
FROM reports WHERE deadline_at IS NOT NULL
"""
MAILS = """
INSERT INTO deliveries (report_id, site_id, audience_id, purpose, message_id, head, state, created_at, next_attempt_at,
  attempts, sent_at, last_reply)
SELECT reports.id, site_id, audiences.id, 'report', '<' || reports.id || '.' || audiences.id || '@b>', x'', 'sent',
  received_at, received_at, 1, received_at, '250 2.0.0 taken'
FROM reports, audiences WHERE audiences.id = 'mssi'
"""


def fill(db: Database, count: int) -> None:
    key = site_key(db, SITE)

    def words_of(number: int) -> bytes:
        return seal(WORDS, key.public_key, context=hash_of(number) + b"content")

    db.conn.create_function("hash_of", 1, hash_of, deterministic=True)
    db.conn.create_function("words_of", 1, words_of)
    with immediate(db):
        db.execute(REPORTS, {"count": count, "site": SITE, "key": key.id, "words": search.LIMIT + 1})
        db.execute(BREACHES)
        db.execute(MAILS)
        for first in range(1, count + 1, AT_ONCE):
            told, at = _received(db, first, first + AT_ONCE - 1)
            events.append(db, told, at)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def hash_of(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()


def _received(db: Database, first: int, last: int) -> tuple[list[Event], datetime]:
    """One event for each of these reports, with the digests of its rows; and when the first of them came."""
    rows: dict[int, list[RowDigests]] = {}
    for name in ("reports", "breaches", "deliveries"):
        for number, *row in _rows(db, name, first, last):
            key, parts = TABLES[name].digests(row)
            rows.setdefault(number, []).append({key: parts})
    columns = "id, reference, received_at"
    known = db.execute(f"SELECT {columns} FROM reports WHERE id BETWEEN ? AND ?", (first, last)).fetchall()
    received = (Event(action="report_received", actor="reporter", reference=reference) for _, reference, _ in known)
    told = [row_digests.storing(event, *rows[number]) for event, (number, *_) in zip(received, known, strict=True)]
    return told, clock.from_text(known[0][2])


def _rows(db: Database, name: str, first: int, last: int) -> Iterator[tuple[int, ...]]:
    table = TABLES[name]
    columns = f"{table.report}, {table.expressions}"
    yield from db.execute(f"SELECT {columns} FROM {name} WHERE {table.report} BETWEEN ? AND ?", (first, last))
