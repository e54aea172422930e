"""`kiosk purge`: erases what has been kept long enough, or shows what it would erase."""

import getpass
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import click

from kiosk import clock
from kiosk.commands.shared import as_columns, says_errors_plainly
from kiosk.config import Settings, load_settings
from kiosk.errors import KioskError
from kiosk.keeping import announcement
from kiosk.keeping import purge as purging
from kiosk.keeping.old_backups import old_backups, remove_old_backups
from kiosk.store.base.connection import Database
from kiosk.store.instance import start
from kiosk.store.keeping import announcements, erasure
from kiosk.store.keeping.announcements import STEADY_DAYS
from kiosk.store.keeping.purgeable import PurgeableReport

PATIENCE = 10  # tries to cut the log, a second apart
STAGES = {"contact": "contact", "content": "content and all that was written"}
KEPT_BY = {
    "open": "not acknowledged",
    "undelivered": "a mail has not left",
    "held": "held by somebody's order",
    "undecided": "nobody has decided about its breach of personal data",
}


@dataclass(frozen=True, slots=True)
class Purged:
    """What went or would go. ``log_cut``: the erased bytes have left the database's log as well."""

    erased: Sequence[PurgeableReport]
    coming: Sequence[PurgeableReport]
    kept_back: dict[str, dict[str, int]] = field(default_factory=dict)
    backups: int = 0
    trace_cut: bool = False
    log_cut: bool = True


def look(db: Database, settings: Settings, now: datetime) -> Purged:
    """Changes nothing."""
    plan = purging.plan(db, settings, now)
    backups = len(old_backups(settings, now))
    return Purged(plan.going, plan.coming, purging.kept_back(db, settings, now), backups)


def erase(db: Database, settings: Settings, now: datetime, *, clock_is_right: bool) -> Purged:
    """Raises KioskError when the clock cannot be believed yet and nobody vouches for it."""
    who = system_user()
    outlook = announcements.note_look(db, demo=settings.demo, now=now)
    if not (outlook.steady or clock_is_right):
        raise KioskError(
            f"Nothing was erased: the clock says {clock.local(now):%d/%m/%Y %H:%M}, and the kiosk has looked at it on"
            f" {outlook.days} of {STEADY_DAYS} days in a row. Wait, or say --clock-is-right when that is the date."
        )
    erased: list[PurgeableReport] = []
    while some := purging.erase_some(db, settings, now, who=who):
        erased += some
    cut = False
    while purging.shorten_trace(db, settings, now, who=who, every=timedelta(0)):
        cut = True
    backups = remove_old_backups(db, settings, now, who=who)
    announcement.announce(db, settings, outlook, now)
    return Purged(erased, (), purging.kept_back(db, settings, now), backups, cut, _cut_log(db))


def as_words(purged: Purged, *, dry_run: bool) -> str:
    lines = [_table(purged.erased)] if purged.erased else []
    counted = Counter(each.stage for each in purged.erased)
    verb = "would be erased" if dry_run else "erased"
    lines += [f"{number} × {STAGES[stage]} {verb}." for stage, number in sorted(counted.items())]
    if not purged.erased:
        lines.append("Nothing is due.")
    lines += _kept_back(purged.kept_back)
    if purged.coming:
        lines += [
            f"{len(purged.coming)} will be announced to the MSSI before their content goes:",
            _table(purged.coming),
        ]
    if purged.backups:
        lines.append(f"{purged.backups} old backups {'would be removed' if dry_run else 'removed'}.")
    if purged.trace_cut:
        lines.append("Events that were too old were cut from the trace.")
    if not purged.log_cut:
        lines.append("Somebody still reads the database's log: the forwarder cuts it as soon as it can.")
    return "\n".join(lines)


def _kept_back(counted: dict[str, dict[str, int]]) -> Iterator[str]:
    for stage, reasons in counted.items():
        for word, number in reasons.items():
            if number:
                yield f"{number} × {STAGES[stage]} old enough and kept: {KEPT_BY.get(word, word)}."


def system_user() -> str:
    """Who runs the command, for the trace; an account of the console has no colon in its name."""
    try:
        return f"system:{getpass.getuser()}"
    except (KeyError, OSError):  # a user without a name, as in a container
        return "system"


def _table(dues: Sequence[PurgeableReport]) -> str:
    rows = [("REFERENCE", "KIND", "RECEIVED", "AT REST SINCE", "RULE", "STAGE")]
    for each in dues:
        received, rested = (f"{clock.local(moment):%Y-%m-%d}" for moment in (each.received_at, each.rested_at))
        rows.append((each.reference, each.kind, received, rested, each.reason, each.stage))
    return as_columns(rows)


def _cut_log(db: Database) -> bool:
    for _ in range(PATIENCE):
        if erasure.cut_log(db):
            return True
        time.sleep(1)
    return False


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would be erased; change nothing.")
@click.option("--clock-is-right", is_flag=True, help="Somebody has looked: today is the date that the kiosk believes.")
@says_errors_plainly
def purge(dry_run: bool, clock_is_right: bool) -> None:
    """Erase what has been kept long enough (the forwarder does so by itself)."""

    settings, now = load_settings(), clock.now()
    with start.prepare(settings, now) as db:
        purged = look(db, settings, now) if dry_run else erase(db, settings, now, clock_is_right=clock_is_right)
    click.echo(as_words(purged, dry_run=dry_run))
