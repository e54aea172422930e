"""`kiosk verify`: verification of the trace, also against heads in mails, and of the database against the trace.

The hash chain alone reveals an edit, a deletion or a swap, but neither a missing end nor a trace recomputed from some
event on: these need a comparison with heads that left this machine in mails.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from kiosk.commands.shared import name_instance, says_errors_plainly
from kiosk.commands.verify_cut import cut_before, false_anchors, young_and_cut
from kiosk.config import Settings, load_settings
from kiosk.domain.trace_head import TraceHead
from kiosk.domain.troubles.running import DATABASE
from kiosk.errors import KioskError
from kiosk.mail.trace_header import heads_in, parse_head, written_at
from kiosk.operator_files import in_utf_8
from kiosk.store.base.connection import Database, open_database
from kiosk.store.base.damage import damage_noted, look
from kiosk.store.instance import start
from kiosk.store.keeping import trace_cut
from kiosk.store.trace import events, row_checks
from kiosk.store.trace.checks import reports_without_row
from kiosk.store.trace.row_checks import How, Misfit

WHOLE, BROKEN, CANNOT_TELL = 0, 1, 2
NAMED = 5  # references in one sentence
GIVE = (
    "Donnez à --mail un courriel de la borne enregistré tel quel (.eml), ou sa pièce jointe incident-….json ; ou à"
    " --head le numéro et l'empreinte de ses lignes « Trace » et « Empreinte de la trace » (NUMÉRO:EMPREINTE)."
)
MANY = 1000  # reports that are counted one by one


@click.command()
@click.option(
    "--mail", multiple=True, type=click.Path(path_type=Path), metavar="FICHIER", help="Un courriel conservé (.eml)."
)
@click.option("--head", multiple=True, metavar="NUMÉRO:EMPREINTE", help="Une tête de la trace notée ailleurs.")
@click.option("--json", "as_json", is_flag=True, help="Écrit un objet JSON.")
@says_errors_plainly
def verify(mail: tuple[Path, ...], head: tuple[str, ...], as_json: bool) -> None:
    """Vérifie la trace, aussi face à des courriels conservés : code de retour 0 entière, 1 rompue, 2 indécidable."""
    noted = [*(each for path in mail for each in noted_in_mail(path)), *(noted_by_hand(text) for text in head)]
    settings = load_settings()
    with damage_noted(settings.database):
        verdict = verify_trace(settings, noted)
    name_instance(settings, as_json=as_json)
    click.echo(json.dumps(verdict.as_json(), ensure_ascii=False, indent=2) if as_json else verdict.as_words())
    sys.exit(max(verdict.status, _told_damage(settings)))


def _told_damage(settings: Settings) -> int:
    """Status: a trace can be whole in a database that is not."""
    with open_database(settings.database) as db:
        damage = look(db, settings.database)
    if not damage:
        return WHOLE
    found = DATABASE.found(damage=damage)
    click.echo(f"kiosk : {found.sentence} {found.trouble.action}", err=True)
    return BROKEN


@dataclass(frozen=True, slots=True)
class Noted:
    """A head kept outside this machine. ``source``: the mail's file, or «--head»; ``written_at``: its Date."""

    source: str
    head: TraceHead
    written_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """``status``: exit code; ``checked``: number of the last intact event.

    ``first``: number of the first event kept; earlier ones were cut at the end of their retention.
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
            "head": {"sequence": self.head.sequence, "digest": self.head.hex},
            "held_against": [
                {"source": each.source, "sequence": each.head.sequence, "digest": each.head.hex} for each in self.noted
            ],
            "findings": list(self.findings),
        }

    def as_words(self) -> str:
        return "\n".join(self.findings or _all_is_well(self))


def noted_in_mail(path: Path) -> list[Noted]:
    """Raises KioskError for a file that is unreadable or contains no head."""
    try:
        saved = in_utf_8(path.read_bytes())
    except OSError as error:
        raise KioskError(f"{path} ne peut pas être lu : {error.strerror}. {GIVE}") from error
    heads, written = heads_in(saved), written_at(saved)
    if not heads:
        raise KioskError(
            f"{path} ne contient aucune tête de trace : c'est peut-être un format de messagerie (.msg, .pdf, .html) ou"
            f" le courriel d'un autre expéditeur. {GIVE}"
        )
    return [Noted(path.name, head, written) for head in heads]


def noted_by_hand(text: str) -> Noted:
    """Raises KioskError for any other text."""
    head = parse_head(text)
    if head is None:
        raise KioskError(
            f"« {text} » n'est pas une tête de trace : écrivez NUMÉRO:EMPREINTE, l'empreinte avec ses 64 signes,"
            " comme les lignes « Trace » et « Empreinte de la trace » de tout courriel de la borne, ou la fin de ce"
            " que disent kiosk backup et kiosk verify."
        )
    return Noted("--head", head)


def verify_trace(settings: Settings, noted: Sequence[Noted]) -> Verdict:
    """Read-only. Raises StoreError when the database cannot be read."""
    start.demand_kiosk(settings)
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
            *(_misfits(db) if followed.broken_at is None else ()),
        ]
        findings = broken or [*cut_before(anchors, heads)]
        head = TraceHead(checked, followed.head.digest)
    status = BROKEN if broken else CANNOT_TELL if findings else WHOLE
    return Verdict(status, checked, head, tuple(noted), tuple(findings), first)


def _breaks(followed: events.ChainCheck, first: int) -> Iterator[str]:
    if followed.broken_at is not None:
        yield (
            f"La trace est ROMPUE à l'événement {followed.broken_at} : il a été modifié, déplacé ou supprimé."
            f" Les événements {first} à {followed.head.sequence} sont intacts."
        )


def _contradictions(db: Database, noted: Sequence[Noted], cut: int) -> Iterator[str]:
    last = events.head(db).sequence
    for each in noted:
        sequence = each.head.sequence
        if sequence > last:
            yield (
                f"La fin de la trace MANQUE : elle a {last} événements, et {each.source} a été écrit après l'événement"
                f" {sequence}. Elle a été coupée, ou une sauvegarde plus ancienne a été restaurée."
            )
        elif sequence >= max(cut, 1) and (found := events.digest_at(db, sequence)) != each.head.digest:
            what = "n'est pas celui" if found else "manque, celui"
            yield (
                f"La trace a été RÉÉCRITE : l'événement {sequence} {what} après lequel {each.source} a été écrit"
                " (à moins que ce courriel ne vienne d'une autre borne)."
            )


def _lost_reports(db: Database) -> Iterator[str]:
    lost = reports_without_row(db)
    if lost:
        more = f" et {len(lost) - NAMED} de plus" if len(lost) > NAMED else ""
        yield f"Des signalements que la trace connaît MANQUENT : {', '.join(lost[:NAMED])}{more}."


WHOSE = {
    ("reports", "told"): "ce qui a été déclaré (type, gravité, lieu, heures)",
    ("reports", "status"): "sa prise en charge",
    ("reports", "content"): "son texte",
    ("reports", "contact"): "ses coordonnées",
}
OF_TABLE = {
    "reports": "le signalement lui-même",
    "additions": "un complément du déclarant",
    "replies": "une réponse au déclarant",
    "notes": "une note",
    "breaches": "son dossier de violation",
    "holds": "un ordre de conservation",
    "tombstones": "le constat d'un effacement",
    "deliveries": "un courriel",
}
HOW = {
    How.ALTERED: "n'est pas ce que la trace a noté",
    How.MISSING: "manque sans qu'un effacement l'explique",
    How.PLANTED: "n'est noté nulle part dans la trace",
}


def _misfits(db: Database) -> Iterator[str]:
    """The first report that does not fit, and how many others there are."""
    first: Misfit | None = None
    others: set[str] = set()
    for each in row_checks.misfits(db):
        first = first or each
        if each.reference != first.reference and len(others) < MANY:
            others.add(each.reference)
    if first:
        what = WHOSE.get((first.table, first.part), OF_TABLE[first.table])
        more = f" ({len(others)}{' ou plus' if len(others) == MANY else ''} de plus)" if others else ""
        yield f"Le signalement {first.reference} a été MODIFIÉ hors de la borne : {what} {HOW[first.how]}{more}."


def _all_is_well(verdict: Verdict) -> list[str]:
    cut = (
        f" à partir du numéro {verdict.first} : ce qui était plus ancien a été retiré"
        if verdict.first > 1
        else ", du premier au dernier"
    )
    first = f"La trace est entière : {verdict.checked - verdict.first + 1} événements vérifiés{cut},"
    first += " et la base est conforme à ce qu'elle a noté."
    furthest = max(verdict.noted, key=lambda each: each.head.sequence, default=None)
    if furthest is None:
        second = (
            "Une fin coupée ne se voit que face à un courriel : ajoutez --mail FICHIER, ou"
            " --head avec la dernière tête notée."
        )
    else:
        second = f"C'est celle après laquelle {furthest.source} a été écrit : rien n'a été coupé ni réécrit jusqu'à"
        second += f" l'événement {furthest.head.sequence}."
    note = f"Sa tête, à noter ailleurs : {verdict.head}"
    return [first, second, note]
