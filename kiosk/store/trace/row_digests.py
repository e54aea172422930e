"""Digests of stored rows: each event that stores or erases something names the rows, part by part.

A part is a sealed column (digest: SHA-256 of its bytes) or a group of clear columns (digest: SHA-256 of the JSON list
of table, part and values; bytes as hex). NULL in a sealed column has the digest ``None``. Whoever re-seals other words
or rewrites a column must therefore rewrite the trace too, whose head is kept elsewhere. See row_checks.py.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sqlite_utils import Database

from kiosk.store.trace.events import ENCODER, RECEIVED, Event

Value = str | int | bytes | None
Digests = Mapping[str, str | None]  # by part
RowDigests = Mapping[str, Digests]  # by "table key"

SUBMITTED = (*RECEIVED, "addition_received")


@dataclass(frozen=True)
class BoundTable:
    """``fixed``: parts written once; ``changing``: parts whose newest digest counts; ``sealed``: columns of bytes.

    A sealed column is fixed too, but for an erasure, unless ``resealed``. ``unbound``: columns that only schedule work
    or that the key holds. ``report``: the column that names the report.
    """

    name: str
    key: tuple[str, ...]
    fixed: Mapping[str, tuple[str, ...]]
    changing: Mapping[str, tuple[str, ...]]
    sealed: Mapping[str, str]
    unbound: tuple[str, ...] = ()
    resealed: bool = False
    report: str = "report_id"

    @cached_property
    def clear(self) -> dict[str, tuple[str, ...]]:
        return {**self.fixed, **self.changing}

    @cached_property
    def expressions(self) -> str:
        """SQL for the key, the sealed columns, then the clear columns of every part."""
        clear = [column for columns in self.clear.values() for column in columns]
        return ", ".join((*self.key, *self.sealed.values(), *clear))

    def is_fixed(self, part: str) -> bool:
        return part in self.fixed or (part in self.sealed and not self.resealed)

    def digests(self, row: Sequence[Value]) -> tuple[str, Digests]:
        """Name of a row read by ``expressions``, with its digests."""
        name = " ".join((self.name, *(str(value) for value in row[: len(self.key)])))
        place = len(self.key)
        found: dict[str, str | None] = {}
        for part in self.sealed:
            words = row[place]
            found[part] = hashlib.sha256(words).hexdigest() if isinstance(words, bytes) else _odd(words)
            place += 1
        for part, columns in self.clear.items():
            found[part] = self.clear_digest(part, row[place : place + len(columns)])
            place += len(columns)
        return name, found

    def clear_digest(self, part: str, values: Sequence[Value]) -> str:
        told = [value.hex() if isinstance(value, bytes) else value for value in values]
        return hashlib.sha256(ENCODER.encode([self.name, part, *told]).encode()).hexdigest()


def _odd(words: Value) -> str | None:
    return None if words is None else "not bytes"


ENDED = "deliveries.state IN ('sent', 'cancelled')"
MAIL = "CAST(head || (SELECT bytes FROM bodies WHERE bodies.id = body_id) AS BLOB)"
TABLES = {
    table.name: table
    for table in (
        BoundTable(
            name="reports",
            key=("id",),
            report="id",
            fixed={
                "told": (
                    *("reference", "submission_hash", "fingerprint", "follow_up_hash", "follow_up_key", "kind"),
                    *("kind_title", "severity", "site_id", "zone", "terminal_id", "sent_from", "language"),
                    *("observed_precision", "observed_earliest", "observed_latest", "ongoing", "personal_data"),
                    *("aware_at", "received_at", "deadline_at", "flags", "told_at", "told_way", "entered_by"),
                    *("site_key_id", "line_id", "line_at"),
                )
            },
            changing={
                "status": (
                    *("state", "cycle", "step", "first_step", "anchor_at", "acted_at", "taken_by", "taken_account"),
                    *("taken_role", "taken_at", "eta_at", "closed_by", "closed_at", "outcome", "hidden_as"),
                    "repeats",
                )
            },
            sealed={"content": "content", "contact": "contact"},
            unbound=("revision", "attend_at"),
        ),
        BoundTable(
            name="additions",
            key=("id",),
            fixed={
                "told": (
                    *("report_id", "submission_hash", "fingerprint", "found", "received_at", "terminal_id"),
                    *("sent_from", "language", "site_key_id"),
                )
            },
            changing={},
            sealed={"content": "content"},
        ),
        BoundTable(
            name="replies",
            key=("id",),
            fixed={"told": ("report_id", "submission_hash", "written_at", "author", "author_role", "site_key_id")},
            changing={},
            sealed={"for_reporter": "for_reporter", "for_staff": "for_staff"},
        ),
        BoundTable(
            name="notes",
            key=("id",),
            fixed={"told": ("report_id", "at", "author", "site_key_id")},
            changing={},
            sealed={"text": "text"},
        ),
        BoundTable(
            name="breaches",
            key=("report_id",),
            fixed={"opened": ("site_id", "opened_at", "opened_by", "deadline_at")},
            changing={"status": ("nudged", "decision", "decided_at", "decided_by", "notified_at", "site_key_id")},
            sealed={"details": "details"},
            unbound=("revision",),
            resealed=True,
        ),
        BoundTable(
            name="holds",
            key=("id",),
            fixed={"placed": ("report_id", "reason", "placed_at", "placed_by")},
            changing={"released": ("released_at", "released_by")},
            sealed={},
        ),
        BoundTable(
            name="tombstones",
            key=("report_id", "stage"),
            fixed={"told": ("reference", "kind", "received_at", "purged_at", "reason", "who")},
            changing={},
            sealed={},
        ),
        BoundTable(
            name="deliveries",
            key=("id",),
            fixed={
                "mail": (
                    *("report_id", "site_id", "audience_id", "purpose", "only_while", "not_after", "message_id"),
                    "created_at",
                )
            },
            changing={"ended": (f"iif({ENDED}, deliveries.state, NULL)", "sent_at")},
            # A body whose delivery has ended counts as erased: the eraser may be a moment behind.
            sealed={"body": f"iif({ENDED}, NULL, {MAIL})"},
            unbound=(
                *("state", "next_attempt_at", "attempts", "ambiguous", "claim", "last_reply", "last_words"),
                *("held_for", "head", "body_id", "way", "digest_id", "digest_place"),
            ),
        ),
    )
}


def of_row(db: Database, name: str, *key: Value, parts: Iterable[str] = ()) -> RowDigests:
    """As the row is now, inside the caller's transaction; all of its parts unless ``parts`` names some."""
    table = TABLES[name]
    where = " AND ".join(f"{column} = ?" for column in table.key)
    return _selected(db, table, where, key, parts)


def of_report(db: Database, name: str, report_id: int, *, parts: Iterable[str] = ()) -> RowDigests:
    """Every row of the report in this table."""
    table = TABLES[name]
    return _selected(db, table, f"{table.report} = ?", (report_id,), parts)


def erased(db: Database, report_id: int) -> list[RowDigests]:
    """Sealed columns of the report that are NULL now: the event explains their absence."""
    written = (table for table in TABLES.values() if table.sealed and table.name != "deliveries")
    found = (of_report(db, table.name, report_id, parts=table.sealed) for table in written)
    return [
        {
            name: empty
            for name, parts in rows.items()
            if (empty := {part: None for part in parts if parts[part] is None})
        }
        for rows in found
    ]


def _selected(db: Database, table: BoundTable, where: str, values: Sequence[Value], parts: Iterable[str]) -> RowDigests:
    wanted = tuple(parts)
    rows = db.execute(f"SELECT {table.expressions} FROM {table.name} WHERE {where}", values)
    found = (table.digests(row) for row in rows.fetchall())
    return {
        name: {part: digest for part, digest in all_parts.items() if not wanted or part in wanted}
        for name, all_parts in found
    }


def storing(event: Event, *rows: RowDigests) -> Event:
    """The event with the digests of the rows that its commit writes."""
    return replace(event, stored=merged((event.stored, *rows)))


def first_storing(events: Sequence[Event], *rows: RowDigests) -> list[Event]:
    """The event that tells what was received carries the digests, else the first one."""
    if not events:
        raise ValueError("what is stored needs an event")
    place = next((place for place, event in enumerate(events) if event.action in SUBMITTED), 0)
    return [*events[:place], storing(events[place], *rows), *events[place + 1 :]]


def merged(several: Iterable[RowDigests]) -> RowDigests:
    together: dict[str, Digests] = {}
    for rows in several:
        for name, parts in rows.items():
            together[name] = {**together.get(name, {}), **parts}
    return together
