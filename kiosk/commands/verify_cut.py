"""Verification of trace cuts: was the trace cut by its retention, or by somebody who wanted events gone?

Anyone who can write to the database can add an anchor. So a cut needs a later event that records it, and may take only
events that were old enough. A mail kept elsewhere shows how old the cut events were.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from kiosk import clock
from kiosk.config.retention import SHORTEST_TRACE
from kiosk.keeping.rules import months_before
from kiosk.store.keeping.trace_cut import Anchor
from kiosk.store.trace.of_report import Happened

NotedHead = tuple[str, int, datetime | None]  # source, number, date of the mail


def false_anchors(anchors: Sequence[Anchor], cuts: Sequence[Happened]) -> Iterator[str]:
    """Cuts that no event records, and cuts of events that were too young.

    The event that records an older cut may itself have been cut since.
    """
    for anchor in anchors:
        told = [each for each in cuts if each.number > anchor.sequence and _is_of(each, anchor)]
        if not told and anchor.cut_at > anchors[-1].last_moment:
            yield (
                f"La trace a été COUPÉE à l'événement {anchor.sequence} et aucun événement ne le dit :"
                " quelqu'un a supprimé ce qui précédait."
            )
        elif any(anchor.last_moment > _youngest(each.at, each.detail.get("months")) for each in told):
            yield (
                f"La trace a été COUPÉE à l'événement {anchor.sequence}, qui était trop récent pour cela"
                f" ({clock.to_text(anchor.last_moment)})."
            )


def young_and_cut(anchors: Sequence[Anchor], heads: Sequence[NotedHead]) -> Iterator[str]:
    """Mails that refer to a cut event, although no event of their time may be cut yet."""
    for source, sequence, written_at in heads:
        anchor = _cut_by(anchors, sequence)
        if anchor and written_at and written_at > _youngest(anchor.cut_at, SHORTEST_TRACE):
            yield (
                f"La trace a été COUPÉE à l'événement {anchor.sequence}, et {source} a été écrit après l'événement"
                f" {sequence}, trop peu de temps avant."
            )


def cut_before(anchors: Sequence[Anchor], heads: Sequence[NotedHead]) -> Iterator[str]:
    for source, sequence, _ in heads:
        if anchor := _cut_by(anchors, sequence):
            day = f"{clock.local(anchor.cut_at):%d/%m/%Y}"
            yield (
                f"{source} ne prouve rien : l'événement {sequence} a été retiré le {day}, sa durée"
                f" étant écoulée. Prenez"
                f" un courriel écrit après l'événement {anchors[-1].sequence} ; ce qui est gardé de"
                f" la trace est entier."
            )


def _cut_by(anchors: Sequence[Anchor], sequence: int) -> Anchor | None:
    """First cut that took the event; None at the newest anchor, whose digest is known."""
    if not anchors or not 0 < sequence < anchors[-1].sequence:
        return None
    return next(anchor for anchor in anchors if sequence <= anchor.sequence)


def _is_of(told: Happened, anchor: Anchor) -> bool:
    return (told.detail.get("sequence"), told.detail.get("digest")) == (anchor.sequence, anchor.digest.hex())


def _youngest(cut_at: datetime, months: object) -> datetime:
    rule = months if isinstance(months, int) and months >= SHORTEST_TRACE else SHORTEST_TRACE
    return months_before(cut_at, rule)
