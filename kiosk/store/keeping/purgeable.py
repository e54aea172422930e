"""Retention queries: which reports are due for erasure, and what keeps the others.

A dry run and the purge use the same queries. Triggers in the schema also refuse to erase what must stay.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlite_utils import Database

from kiosk import clock

CONTACT, CONTENT = STAGES = ("contact", "content")
# What keeps a report from being erased: a word and its SQL condition.
KEPT_BY: dict[str, str] = {
    "open": "reports.state = 'open'",
    "undelivered": "EXISTS (SELECT 1 FROM deliveries WHERE report_id = reports.id"
    " AND deliveries.state NOT IN ('sent', 'cancelled'))",
    "held": "EXISTS (SELECT 1 FROM holds WHERE report_id = reports.id AND released_at IS NULL)",
    "undecided": "hidden_as IS NULL AND EXISTS (SELECT 1 FROM breaches WHERE report_id = reports.id"
    " AND decision IS NULL)",
}
KEPT = " OR ".join(f"({reason})" for reason in KEPT_BY.values())
# Must match the index expressions in kiosk/store/schema/0001_initial.sql exactly.
RULE = "iif(hidden_as IS NULL, state, 'hidden')"
RESTED = "coalesce(closed_at, acted_at, taken_at)"
EVERY_WORD = (("notes", "at"), ("additions", "received_at"), ("replies", "written_at"))
TEXTS = {"notes": "text", "additions": "content", "replies": "coalesce(for_reporter, for_staff)"}


@dataclass(frozen=True, slots=True)
class Limit:
    """A report at rest since ``before`` is due. ``kinds``: other moments for these kinds (of closed reports)."""

    before: datetime
    kinds: Mapping[str, datetime] = field(default_factory=dict)


Limits = Mapping[str, Limit]  # by rule: closed, acknowledged, hidden


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeableReport:
    """A report with a stage due. ``reason``: the rule; ``late``: only text written after the erasure."""

    id: int
    reference: str
    kind: str
    kind_title: str
    site: str
    received_at: datetime
    rested_at: datetime
    reason: str
    stage: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class NoticeCondition:
    """SQL condition on what the MSSI was told since the report came to rest."""

    where: str
    values: tuple[str, ...] = ()


AT_ONCE = NoticeCondition("1")
ANNOUNCED = (
    "EXISTS (SELECT 1 FROM announced LEFT JOIN deliveries ON deliveries.id = delivery_id"
    f" WHERE announced.report_id = reports.id AND announced.at >= {RESTED}{{more}})"
)
NOT_YET_ANNOUNCED = NoticeCondition("NOT " + ANNOUNCED.format(more=""))


def announced_before(moment: datetime) -> NoticeCondition:
    """The relay took the mail by then; without an address, the announcement itself counts."""
    taken = " AND (delivery_id IS NULL OR deliveries.state = 'sent') AND coalesce(sent_at, announced.at) <= ?"
    return NoticeCondition(ANNOUNCED.format(more=taken), (clock.to_text(moment),))


COLUMNS = f"id, reference, kind, kind_title, site_id, received_at, {RESTED}"


def purgeable_reports(
    db: Database, stage: str, limits: Limits, *, notice: NoticeCondition = AT_ONCE, limit: int = -1
) -> list[PurgeableReport]:
    """Reports that nothing keeps, for each rule the oldest first; at most ``limit`` unless negative."""
    found: list[PurgeableReport] = []
    for where, values, rule in _parts(stage, limits):
        left = limit - len(found) if limit >= 0 else -1
        rows = db.execute(
            f"SELECT {COLUMNS} FROM reports WHERE {where} AND NOT ({KEPT}) AND {notice.where}"
            f" ORDER BY {RESTED} LIMIT ?",
            (*values, *notice.values, left),
        )
        found += [_purgeable(row, rule, stage) for row in rows.fetchall()]
    return found


def late_words(db: Database, limits: Limits, *, limit: int = -1) -> list[PurgeableReport]:
    """Reports already erased with later text that is now due, at most ``limit`` unless negative; needs no notice."""
    found: dict[int, PurgeableReport] = {}
    for rule, moments in limits.items():
        for table, moment in EVERY_WORD:
            for where, before, kinds in _by_kind(moments):
                rows = db.execute(
                    f"SELECT {COLUMNS} FROM reports WHERE {RULE} = ? AND content IS NULL AND {where} AND NOT ({KEPT})"
                    f" AND id IN (SELECT report_id FROM {table} WHERE {TEXTS[table]} IS NOT NULL AND {moment} <= ?)"
                    " LIMIT ?",
                    (rule, *kinds, before, limit),
                )
                found |= {row[0]: _purgeable(row, rule, CONTENT, late=True) for row in rows.fetchall()}
    return list(found.values())[: limit if limit >= 0 else None]


def kept_back(db: Database, stage: str, limits: Limits) -> dict[str, int]:
    """Count the due reports that something keeps, by reason; one report may count twice."""
    counted = dict.fromkeys(KEPT_BY, 0)
    for where, values, _ in _parts(stage, limits):
        sums = ", ".join(f"coalesce(sum({reason}), 0)" for reason in KEPT_BY.values())
        row = db.execute(f"SELECT {sums} FROM reports WHERE {where}", values).fetchone()
        counted = {word: counted[word] + number for word, number in zip(KEPT_BY, row, strict=True)}
    return counted | {"open": _old_and_open(db, stage, limits)}


def _old_and_open(db: Database, stage: str, limits: Limits) -> int:
    """Open reports never came to rest: count from their receipt."""
    row = db.execute(
        f"SELECT count(*) FROM reports WHERE state = 'open' AND {stage} IS NOT NULL AND received_at <= ?",
        (clock.to_text(limits["closed"].before),),
    ).fetchone()
    return int(row[0])


def _parts(stage: str, limits: Limits) -> Iterator[tuple[str, Sequence[str], str]]:
    """One index range each: a rule, and each kind with a moment of its own."""
    first = f"{stage} IS NOT NULL AND state != 'open' AND {RULE} = ? AND {RESTED} <= ?"
    for rule, limit in limits.items():
        for where, before, kinds in _by_kind(limit):
            yield f"{first} AND {where}", (rule, before, *kinds), rule


def _by_kind(limit: Limit) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Condition on the kind, its moment, and the values of the condition."""
    marks = ", ".join("?" for _ in limit.kinds)
    yield f"kind NOT IN ({marks})", clock.to_text(limit.before), tuple(limit.kinds)
    for kind, before in limit.kinds.items():
        yield "kind = ?", clock.to_text(before), (kind,)


def _purgeable(row: Sequence[str], rule: str, stage: str, *, late: bool = False) -> PurgeableReport:
    number, reference, kind, title, site, received, rested = row
    return PurgeableReport(
        id=int(number),
        reference=reference,
        kind=kind,
        kind_title=title,
        site=site,
        received_at=clock.from_text(received),
        rested_at=clock.from_text(rested),
        reason=rule,
        stage=stage,
        late=late,
    )
