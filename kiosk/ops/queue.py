"""The queue for people (a table) and for programs (the JSON list whose keys stay)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from kiosk import clock
from kiosk.config import Settings
from kiosk.errors import KioskError
from kiosk.intake.reference import parse
from kiosk.store import bell, outbox
from kiosk.store.connection import Database
from kiosk.store.outbox import Undelivered


def as_rows(lines: Sequence[Undelivered]) -> list[dict[str, Any]]:
    return [
        {
            "reference": line.reference,
            "audience": line.audience,
            "state": line.state,
            "attempts": line.attempts,
            "next_attempt": clock.to_text(line.next_attempt) if line.next_attempt else None,
            "last_reply": line.last_reply,
            "created": clock.to_text(line.created_at),
            "demo": line.demo,
        }
        for line in lines
    ]


def as_table(lines: Sequence[Undelivered], now: datetime) -> str:
    if not lines:
        return "Nothing is waiting: every delivery has been taken by the relay."
    rows = [("REFERENCE", "AUDIENCE", "STATE", "TRIES", "AGE", "NEXT TRY", "THE RELAY'S LAST WORDS")]
    for line in lines:
        due = clock.local(line.next_attempt).strftime("%d/%m %H:%M:%S") if line.next_attempt else "on request"
        age = _age(now - line.created_at if now > line.created_at else line.created_at - now)
        rows.append(
            (line.reference or "(test)", line.audience, line.state, str(line.attempts), age, due, line.last_reply)
        )
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)).rstrip() for row in rows
    )


def retry_now(db: Database, settings: Settings, reference: str | None, now: datetime) -> int:
    """Raises KioskError when the reference is none."""
    spelled = None
    if reference is not None:
        spelled = parse(reference, length=9)
        if spelled is None:
            raise KioskError(f"«{reference}» is not a reference: it has nine letters, such as 7K4-92Q-MX3.")
    count = outbox.retry_now(db, reference=spelled, actor="command line", now=now)
    bell.ring(settings.instance)
    return count


def _age(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d}" if minutes < 48 * 60 else f"{minutes // 1440} days"
