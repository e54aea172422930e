"""The mail that says that a backup was restored: what may come twice, and what this kiosk no longer knows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from kiosk.domain.purposes import Purpose
from kiosk.domain.trace_head import TraceHead
from kiosk.mail.compose import Composed, compose_pair
from kiosk.mail.envelope import Recipient, Stationery, kiosk_headers
from kiosk.mail.french import moment_words
from kiosk.mail.render import Row, row_words
from kiosk.mail.safe_text import all_legible
from kiosk.version import VERSION

NAMED = 40  # references in one mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """``doubtful``: references of reports whose mails may come a second time; ``mails``: how many mails.

    ``sequence``: the last event in the backup.
    """

    name: str
    organisation: str
    written_at: datetime
    restored_at: datetime
    doubtful: tuple[str, ...]
    mails: int
    sequence: int
    demo: bool
    trace: TraceHead
    version: str = VERSION

    @property
    def lost_since(self) -> str:
        return moment_words(self.written_at)

    @property
    def named(self) -> tuple[str, ...]:
        return self.doubtful[:NAMED]

    @property
    def more(self) -> int:
        return len(self.doubtful) - len(self.named)


def compose_restored(told: Restored, recipient: Recipient, stationery: Stationery, *, identity: str) -> Composed:
    """Never raises. ``identity`` makes the Message-ID that of this restore alone."""
    told, recipient = all_legible(told), all_legible(recipient)
    demo = "[ESSAI]" if told.demo else ""
    headers = kiosk_headers(
        recipient,
        stationery,
        told.restored_at,
        told.trace,
        subject=f"{demo}[SSI] {told.name} · sauvegarde restaurée",
        identity=identity,
        purpose=Purpose.RESTORE,
    )
    rows = tuple(_rows(told))
    context = {"told": told, "rows": rows, "recipient": recipient}
    plain = [f"Une sauvegarde du {told.lost_since} a été restaurée sur la borne.", *map(str, map(row_words, rows))]
    return compose_pair("restored", context, headers, stationery, plain="\n".join(plain))


def _rows(told: Restored) -> Iterator[Row]:
    yield Row("Sauvegarde du", f"{told.lost_since}, heure de Paris")
    yield Row("Restaurée le", f"{moment_words(told.restored_at)}, heure de Paris")
    yield Row("Dernier événement sauvegardé", str(told.sequence))
    yield Row("Logiciel", f"ssi-kiosk {told.version}")
    yield Row("Trace", f"événement {told.trace.sequence}")
    yield Row("Empreinte de la trace", told.trace.digest)
