"""Reports as they are kept: clear columns, and what only the site's private key opens."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from kiosk import clock
from kiosk.domain.severity import Severity
from kiosk.store.keys import KeyOf
from kiosk.store.sealing import open_sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """``content`` is None once it was purged; ``contact`` also when the reporter left none."""

    submission_hash: bytes
    site_key_id: int
    content: bytes | None
    contact: bytes | None


@dataclass(frozen=True, slots=True)
class Opened:
    """What was told, as ``Report.content`` and ``Report.contact_content`` write it; None when it is gone."""

    content: dict[str, Any] | None
    contact: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A report's clear columns, by the names they have in the table; and what is sealed."""

    id: int
    reference: str
    kind: str
    severity: Severity
    state: str
    site: str
    zone: str | None
    terminal: str | None
    language: str
    observed_precision: str
    observed_earliest: datetime | None
    observed_latest: datetime | None
    ongoing: str
    personal_data: str
    aware_at: datetime
    received_at: datetime
    deadline_at: datetime | None
    flags: tuple[str, ...]
    demo: bool
    told_at: datetime | None
    told_way: str | None
    entered_by: str | None
    sealed: Sealed


PLAIN = (
    "id, reference, kind, severity, state, site_id, zone, terminal_id, language, observed_precision, ongoing,"
    " personal_data, told_way, entered_by"
)
NAMES = {"site_id": "site", "terminal_id": "terminal"}
SEALED = ("submission_hash", "site_key_id", "content", "contact")
MOMENTS = "observed_earliest, observed_latest, aware_at, received_at, deadline_at, told_at"


def find(db: Database, reference: str) -> Kept | None:
    columns = f"{PLAIN}, {MOMENTS}, flags, demo, submission_hash, site_key_id, content, contact"
    row = db.execute(f"SELECT {columns} FROM reports WHERE reference = ?", (reference,)).fetchone()
    return _kept(dict(zip(columns.split(", "), row, strict=True))) if row else None


def open_report(sealed: Sealed, key_of: KeyOf) -> Opened:
    """Raises StoreError when the key it was sealed to is not at hand; what was purged needs none."""
    return Opened(
        _open(sealed.content, key_of, sealed, b"content"),
        _open(sealed.contact, key_of, sealed, b"contact"),
    )


def _open(blob: bytes | None, key_of: KeyOf, sealed: Sealed, column: bytes) -> dict[str, Any] | None:
    if blob is None:
        return None
    context = sealed.submission_hash + column
    opened: dict[str, Any] = json.loads(open_sealed(blob, key_of(sealed.site_key_id), context=context))
    return opened


def _kept(row: dict[str, Any]) -> Kept:
    values = {NAMES.get(name, name): row[name] for name in PLAIN.split(", ")}
    values |= {"severity": Severity(row["severity"])}
    values |= {name: row[name] and clock.from_text(row[name]) for name in MOMENTS.split(", ")}
    return Kept(
        **values,
        flags=tuple(json.loads(row["flags"])),
        demo=bool(row["demo"]),
        sealed=Sealed(**{name: row[name] for name in SEALED}),
    )
