"""Health check: the facts behind /healthz, `kiosk check` and the first page of the console."""

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlite_utils import Database

from kiosk import clock
from kiosk.config import Settings
from kiosk.domain import disk_room
from kiosk.domain.disk_room import DiskRoom
from kiosk.domain.purposes import Purpose
from kiosk.domain.relay_words import NO_SAFE_CIPHER
from kiosk.domain.troubles import Trouble, running
from kiosk.errors import StoreError
from kiosk.store.base.damage import CURE, damage_in, note, noted
from kiosk.store.base.room import FULL, is_full_disk
from kiosk.store.outbox.relay import relay_state
from kiosk.store.trace.checks import broken_event
from kiosk.store.watch import alterations, clock_marks

FORWARDER = "forwarder"
CALLED = "forwarder pass"  # of `kiosk forward --once`, which a timer calls
PUBLIC_DOOR = "public door"
WORDS = ("relay_reply", "oldest_reply")  # code and status, or what broke
NAMES = ("altered", "unrecorded", "structure")  # their codes are told
SILENT_AFTER = timedelta(seconds=60)
PASS_EVERY = timedelta(minutes=15)  # a timer's longest pause: then a mail is late
NAMED = 5  # refused mails in one sentence
LATE_AFTER = timedelta(minutes=15)
LONGEST_SILENCE = timedelta(minutes=13)


@dataclass(frozen=True, slots=True)
class StuckMail:
    """``reference`` is empty for a mail about the kiosk; ``reply``: code and status, empty before any attempt."""

    audience: str
    purpose: Purpose
    reference: str
    reply: str

    @property
    def french(self) -> str:
        about = f"{self.purpose.french} {self.reference}".rstrip()
        whose = f"{self.audience} ({about})"
        return f"{whose}\u00a0: {self.reply}" if self.reply else whose


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """Ages in whole seconds, None without anything to measure; ``at``: when measured.

    ``relay_failures``: failures to reach, greet or sign in to the relay since it last answered; they do not count as
    attempts of a mail. ``last_pass``: age of the last `kiosk forward --once`. ``oldest``: the mail that has waited
    longest; ``refused``: the first that the relay refused. ``broken_event``: where the trace is broken. ``altered``,
    ``unrecorded``, ``structure``: what was written past the kiosk, see alterations.py. ``certificate_days``: whole days
    until the relay's certificate expires, None without TLS. ``relay_silent_for``: how long it has owed an answer, None
    if it owes none. ``damage``: what was found damaged in the database. ``clock_off_by``: seconds by which the wall
    clock is ahead, negative if it is behind.
    """

    at: datetime

    forwarder_silent_for: int | None
    last_pass: int | None = None
    oldest_undelivered: int | None
    undelivered: int
    held: int
    relay: str
    relay_reply: str
    relay_failures: int = 0
    oldest_attempts: int = 0
    oldest_reply: str = ""
    disk: DiskRoom
    clock_off_by: int = 0
    broken_event: int | None = None
    altered: str = ""
    unrecorded: str = ""
    structure: str = ""
    certificate_days: int | None = None
    relay_silent_for: int | None = None
    damage: str = ""
    oldest: StuckMail | None = None
    refused: tuple[StuckMail, ...] = ()

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """Troubles that keep mails from leaving or reports from being stored; each turns /healthz red."""
        oldest = self.oldest_undelivered
        alive = _within(self.forwarder_silent_for, SILENT_AFTER) or _within(self.last_pass, PASS_EVERY)
        found = {
            running.FORWARDER: not alive,
            running.LATE: oldest is not None and oldest > LATE_AFTER.total_seconds(),
            running.HELD: self.held > 0,
            running.RELAY_NONE: self.relay == "none",
            running.RELAY_DOWN: self.relay == "down" and self.undelivered > 0,
            running.RELAY_CIPHERS: self.relay == "down" and NO_SAFE_CIPHER in self.relay_reply,
            running.RELAY_SILENT: self.relay_silent_for is not None,
            running.RELAY_REFUSED: self.relay == "refused",
            running.DISK: self.disk.reports < disk_room.NEAR,
            running.CLOCK: not self.clock_ok,
            running.CHAIN: self.broken_event is not None,
            running.ALTERED: bool(self.altered),
            running.UNRECORDED: bool(self.unrecorded),
            running.SAFEGUARD: bool(self.structure),
            running.DATABASE: bool(self.damage),
        }
        return tuple(trouble for trouble, wrong in found.items() if wrong)

    @property
    def clock_ok(self) -> bool:
        return self.clock_off_by == 0

    @property
    def healthy(self) -> bool:
        return not self.troubles

    def as_json(self, *, with_words: bool) -> dict[str, Any]:
        """``with_words``: for staff only. What broke may name internal addresses."""
        status = "ok" if self.healthy else "red"
        hidden = {"oldest", "refused", "disk", *NAMES, *(() if with_words else WORDS)}
        told = {name: value for name, value in asdict(self).items() if name not in hidden}
        told |= {"disk_free": self.disk.free, "disk_reports": self.disk.reports}
        return {"status": status, "problems": [trouble.code for trouble in self.troubles], **told}


def pulse(db: Database, settings: Settings, now: datetime) -> Pulse:
    """Raises StoreError when the database cannot be read."""
    try:
        return _pulse(db, settings, now)
    except sqlite3.DatabaseError as error:
        if found := damage_in(error):
            note(settings.database, found)
        cure = FULL if is_full_disk(error, settings.database) else CURE
        raise StoreError(f"{settings.database} ne peut pas être lu : {error}. {cure}") from error


def _pulse(db: Database, settings: Settings, now: datetime) -> Pulse:
    waiting = "FROM deliveries WHERE state NOT IN ('sent', 'cancelled') AND purpose != 'digest'"
    undelivered, held = db.execute(f"SELECT count(*), count(*) FILTER (WHERE state = 'held') {waiting}").fetchone()
    first = f"SELECT created_at, attempts, last_reply {waiting} ORDER BY created_at LIMIT 1"
    oldest = db.execute(first).fetchone() or (None, 0, "")
    state, written = relay_state(db), alterations.found(db)
    return Pulse(
        at=now,
        forwarder_silent_for=_age(_last_beat(db, FORWARDER, PUBLIC_DOOR), now),
        last_pass=_age(_last_beat(db, CALLED), now),
        oldest_undelivered=_age(oldest[0], now),
        oldest_attempts=oldest[1],
        oldest_reply=oldest[2],
        undelivered=undelivered,
        held=held,
        relay=state.state if settings.smtp.host else "none",
        relay_reply=state.last_reply,
        relay_failures=state.failures,
        disk=_room(db, settings),
        clock_off_by=clock_marks.off_by(db),
        broken_event=broken_event(db),
        altered=written.report or written.lost,
        unrecorded=written.accounts,
        structure=written.structure,
        certificate_days=(until - now) // timedelta(days=1) if (until := state.certificate_until) else None,
        relay_silent_for=_silence(state.silent_since, now),
        damage=noted(settings.database),
        oldest=next(_stuck(db, "d.state NOT IN ('sent', 'cancelled') ORDER BY d.created_at LIMIT 1"), None),
        refused=tuple(_stuck(db, f"d.state = 'held' ORDER BY d.id LIMIT {NAMED}")),
    )


def _room(db: Database, settings: Settings) -> DiskRoom:
    unused, size = (int(db.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("freelist_count", "page_size"))
    return DiskRoom(free=shutil.disk_usage(settings.instance).free, reusable=unused * size)


def _silence(since: datetime | None, now: datetime) -> int | None:
    """None for what a forwarder that ended has left: no attempt lasts that long."""
    silent = (now - since) if since else None
    return int(silent.total_seconds()) if silent and timedelta(0) <= silent < LONGEST_SILENCE else None


def _last_beat(db: Database, *names: str) -> str | None:
    """The start of the public door counts as one: a new forwarder needs a moment to begin."""
    marks = ", ".join("?" for _ in names)
    found = db.execute(f"SELECT max(beat_at) FROM heartbeats WHERE name IN ({marks})", names)
    beat_at: str | None = found.fetchone()[0]
    return beat_at


def _stuck(db: Database, which: str) -> Iterator[StuckMail]:
    rows = db.execute(
        "SELECT a.name, d.purpose, coalesce(reference, ''), d.last_reply FROM deliveries d"
        f" JOIN audiences a ON a.id = audience_id LEFT JOIN reports r ON r.id = report_id WHERE {which}"
    )
    return (StuckMail(name, Purpose(purpose), *others) for name, purpose, *others in rows)


def _within(age: int | None, longest: timedelta) -> bool:
    return age is not None and age <= longest.total_seconds()


def _age(moment: str | None, now: datetime) -> int | None:
    return None if moment is None else abs(int((now - clock.from_text(moment)).total_seconds()))
