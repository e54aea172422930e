"""The mail that says which reports will lose their content soon, early enough for somebody to hold one back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from kiosk.domain.purposes import Purpose
from kiosk.domain.trace_head import TraceHead
from kiosk.mail.compose import Composed, compose_pair
from kiosk.mail.envelope import Recipient, Stationery, kiosk_headers
from kiosk.mail.french import date_words
from kiosk.mail.render import Row, row_words
from kiosk.mail.safe_text import all_legible
from kiosk.version import VERSION

WHAT = (
    "Leur contenu (réponses, texte, contact, notes, échanges) sera effacé, leur durée de conservation étant écoulée."
    " Référence, type, site, dates et trace restent."
)
ACTION = (
    "S'il n'y a rien à garder, ne faites rien. Sinon, ouvrez le signalement dans la console et choisissez « Geler »"
    " avant la date indiquée : litige, enquête, demande d'une autorité."
)


@dataclass(frozen=True, slots=True)
class Going:
    """``on``: the first day on which the content may go."""

    reference: str
    kind_title: str
    site_name: str
    received_at: datetime
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """``going`` lists the first of ``count``; ``notice`` in days."""

    name: str
    organisation: str
    going: tuple[Going, ...]
    count: int
    notice: int
    written_at: datetime
    demo: bool
    console_url: str
    trace: TraceHead
    version: str = VERSION

    @property
    def headline(self) -> str:
        many = self.count > 1
        return f"{self.count} signalement{'s' if many else ''} bientôt effacé{'s' if many else ''}"


def compose_retention(outline: Outline, recipient: Recipient, stationery: Stationery, *, identity: str) -> Composed:
    """Never raises. ``identity`` makes the Message-ID that of this mail alone."""
    outline, recipient = all_legible(outline), all_legible(recipient)
    headers = kiosk_headers(
        recipient,
        stationery,
        outline.written_at,
        outline.trace,
        subject=subject(outline),
        identity=identity,
        purpose=Purpose.RETENTION,
    )
    going, rows = tuple(_going(each) for each in outline.going), tuple(_rows(outline))
    context = {
        "outline": outline,
        "going": going,
        "more": outline.count - len(going),
        "rows": rows,
        "recipient": recipient,
        "what": WHAT,
        "action": ACTION,
    }
    lines = [subject(outline), WHAT, ACTION]
    lines += [f"{row.label} : {row_words(row)}" for row in (*going, *rows)]
    return compose_pair("retention", context, headers, stationery, plain="\n".join(lines))


def subject(outline: Outline) -> str:
    demo = "[ESSAI]" if outline.demo else ""
    return f"{demo}[SSI] {outline.name} · {outline.headline}"


def _going(each: Going) -> Row:
    words = (
        each.kind_title,
        each.site_name,
        f"reçu le {date_words(each.received_at)}",
        f"à partir du {each.on:%d/%m/%Y}",
    )
    return Row(each.reference, " · ".join(words))


def _rows(outline: Outline) -> Iterator[Row]:
    yield Row("Logiciel", f"ssi-kiosk {outline.version}")
    yield Row("Trace", f"événement {outline.trace.sequence}")
    yield Row("Empreinte de la trace", outline.trace.digest)
