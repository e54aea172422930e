"""`kiosk verify`: is the trace still the one that was written, and as long as the mails say?

The chain alone shows an edit, a deletion or a swap, but neither a cut end nor a trace that somebody has computed anew
from an earlier event on: for these it is held against heads that left this machine in mails.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from kiosk.commands.shared import says_errors_plainly
from kiosk.commands.verify_cut import cut_before, false_anchors, young_and_cut
from kiosk.config import Settings, load_settings
from kiosk.domain.trace_head import TraceHead
from kiosk.errors import KioskError
from kiosk.mail.trace_header import heads_in, parse_head, written_at
from kiosk.store.base.connection import Database, open_database
from kiosk.store.keeping import trace_cut
from kiosk.store.trace import events
from kiosk.store.trace.checks import reports_without_row

WHOLE, BROKEN, CANNOT_TELL = 0, 1, 2
NAMED = 5  # references in one sentence


@click.command()
@click.option("--mail", multiple=True, type=click.Path(path_type=Path), metavar="FILE", help="A saved mail (.eml).")
@click.option("--head", multiple=True, metavar="NUMBER:DIGEST", help="A head of the trace that was noted elsewhere.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON object.")
@says_errors_plainly
def verify(mail: tuple[Path, ...], head: tuple[str, ...], as_json: bool) -> None:
    """Check the trace, also against saved mails: status 0 whole, 1 broken, 2 cannot tell."""
    noted = [*(each for path in mail for each in noted_in_mail(path)), *(noted_by_hand(text) for text in head)]
    verdict = verify_trace(load_settings(), noted)
    click.echo(json.dumps(verdict.as_json(), ensure_ascii=False, indent=2) if as_json else verdict.as_words())
    sys.exit(verdict.status)


@dataclass(frozen=True, slots=True)
class Noted:
    """A head of the trace as somebody kept it outside this machine; ``source`` names the mail or says «--head».

    ``written_at``: as the mail's Date says.
    """

    source: str
    head: TraceHead
    written_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """``status`` is the exit code; ``checked``: the number of the last event that fits.

    ``first``: that of the first event that is kept; the ones before it were cut when their time had come.
    """

    status: int
    checked: int
    head: TraceHead
    noted: tuple[Noted, ...]
    findings: tuple[str, ...]
    first: int = 1

    def as_json(self) -> dict[str, Any]:
        return {
            "whole": self.status == WHOLE,
            "checked_events": self.checked,
            "first_event": self.first,
            "head": {"sequence": self.head.sequence, "digest": self.head.digest},
            "held_against": [
                {"source": each.source, "sequence": each.head.sequence, "digest": each.head.digest}
                for each in self.noted
            ],
            "findings": list(self.findings),
        }

    def as_words(self) -> str:
        return "\n".join(self.findings or _all_is_well(self))


def noted_in_mail(path: Path) -> list[Noted]:
    """Raises KioskError when the file cannot be read or tells no head."""
    try:
        saved = path.read_bytes()
    except OSError as error:
        raise KioskError(f"{path} cannot be read: {error.strerror}.") from error
    heads, written = heads_in(saved), written_at(saved)
    if not heads:
        raise KioskError(f"{path} tells no head of a trace: save the mail as .eml, or its attachment incident-….json.")
    return [Noted(path.name, head, written) for head in heads]


def noted_by_hand(text: str) -> Noted:
    """Raises KioskError when it is no head."""
    head = parse_head(text)
    if head is None:
        raise KioskError(f"«{text}» is no head of a trace: write NUMBER:DIGEST, the digest with its 64 letters.")
    return Noted("--head", head)


def verify_trace(settings: Settings, noted: Sequence[Noted]) -> Verdict:
    """Changes nothing. Raises StoreError when the database cannot be read."""
    with open_database(settings.database) as db:
        followed = events.follow_all(db)
        checked = followed.head.sequence
        anchors, first = trace_cut.anchors(db), events.origin(db).sequence + 1
        heads = [(each.source, each.head.sequence, each.written_at) for each in noted]
        broken = [
            *_breaks(followed, first),
            *(false_anchors(anchors, trace_cut.cuts(db)) if followed.broken_at is None else ()),
            *young_and_cut(anchors, heads),
            *_contradictions(db, noted, first - 1),
            *_lost_reports(db),
        ]
        findings = broken or [*cut_before(anchors, heads)]
        head = TraceHead(checked, followed.head.digest.hex())
    status = BROKEN if broken else CANNOT_TELL if findings else WHOLE
    return Verdict(status, checked, head, tuple(noted), tuple(findings), first)


def _breaks(followed: events.ChainCheck, first: int) -> Iterator[str]:
    if followed.broken_at is not None:
        yield (
            f"The trace is BROKEN at event {followed.broken_at}: it was changed, moved or deleted."
            f" Events {first} to {followed.head.sequence} are whole."
        )


def _contradictions(db: Database, noted: Sequence[Noted], cut: int) -> Iterator[str]:
    last = events.head(db).sequence
    for each in noted:
        sequence = each.head.sequence
        if sequence > last:
            yield (
                f"The end of the trace is MISSING: it has {last} events, and {each.source} was written after event"
                f" {sequence}. It was cut, or an older backup was restored."
            )
        elif sequence >= max(cut, 1) and (found := events.digest_at(db, sequence)) != bytes.fromhex(each.head.digest):
            what = "is not the one" if found else "is missing, the one"
            yield (
                f"The trace was REWRITTEN: event {sequence} {what} that {each.source} was written after"
                " (unless that mail comes from another kiosk)."
            )


def _lost_reports(db: Database) -> Iterator[str]:
    lost = reports_without_row(db)
    if lost:
        more = f" and {len(lost) - NAMED} more" if len(lost) > NAMED else ""
        yield f"Reports are MISSING that the trace knows: {', '.join(lost[:NAMED])}{more}."


def _all_is_well(verdict: Verdict) -> list[str]:
    cut = (
        f" from event {verdict.first} on: what was older was cut"
        if verdict.first > 1
        else ", from the first to the last"
    )
    first = f"The trace is whole: {verdict.checked - verdict.first + 1} events were checked{cut}."
    furthest = max(verdict.noted, key=lambda each: each.head.sequence, default=None)
    if furthest is None:
        second = "A cut end shows only against a mail: add --mail FILE, or --head with the last head noted."
    else:
        second = f"It is the one that {furthest.source} was written after: nothing up to event"
        second += f" {furthest.head.sequence} was cut off or rewritten."
    note = f"Its head, to be noted elsewhere: {verdict.head.sequence}:{verdict.head.digest}"
    return [first, second, note]
