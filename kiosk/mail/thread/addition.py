"""Mail about an addition, in the thread of the report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kiosk import clock
from kiosk.domain.purposes import Purpose
from kiosk.domain.report import SentFrom
from kiosk.mail.compose import Composed, compose_pair
from kiosk.mail.envelope import About, Addressee, Headers, thread_headers
from kiosk.mail.french import moment_words
from kiosk.mail.render import Row
from kiosk.mail.safe_text import CAUTION, all_legible, caution, unclickable
from kiosk.mail.trace_header import trace_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class AdditionFacts(About):
    """``text``: the reporter's own words, may be empty, must never pass for ours.

    ``identity``: distinguishes the report's additions. ``found``: what was missing has been found, which closes the
    report; ``was_closed``: before.
    """

    identity: str
    added_at: datetime
    found: bool
    was_closed: bool
    text: str
    language: str
    language_name: str
    terminal: str | None
    sent_from: SentFrom
    damaged: bool
    version: str


def compose_addition(facts: AdditionFacts, to: Sequence[Addressee], *, why: str) -> list[Composed]:
    """One mail for each in ``to``; ``why``: the sentence on why they get it. Never raises."""
    facts = all_legible(facts)
    occasion = f"{Purpose.ADDITION}-{facts.identity}"
    context = {"facts": facts, "rows": _rows(facts), "why": why, "technical": _technical(facts)}
    context["caution"] = caution((facts.text,))
    headed = [(_headers(facts, each, occasion), each) for each in to]
    identity = f"{facts.reference} {occasion}"
    return compose_pair("addition", context, headed, identity=identity, plain=_plain(facts, why))


def _headers(facts: AdditionFacts, to: Addressee, occasion: str) -> Headers:
    recipient = all_legible(to.recipient)
    return thread_headers(facts, recipient, to.stationery, occasion=occasion, written=facts.added_at)


def _rows(facts: AdditionFacts) -> tuple[Row, ...]:
    return (
        Row("Ajouté", f"{moment_words(facts.added_at)}, heure de Paris", note=facts.sent_from.warning),
        Row(
            "Signalé",
            f"{moment_words(facts.received_at)}, heure de Paris",
            note=facts.clock_remark(facts.received_at),
        ),
        *([Row("Remarque", "le texte reçu était endommagé : des lettres peuvent manquer")] if facts.damaged else []),
    )


def _technical(facts: AdditionFacts) -> tuple[Row, ...]:
    return (
        Row("Référence", facts.reference),
        Row("Borne", " · ".join(filter(None, (facts.terminal or facts.sent_from.french, facts.version)))),
        Row("Langue", f"{facts.language_name} ({facts.language})"),
        *trace_rows(facts.trace),
    )


def _plain(facts: AdditionFacts, why: str) -> str:
    lines = (
        "La borne n'a pas pu mettre ce complément en forme : voici l'essentiel.",
        f"Référence : {facts.reference}",
        f"Ajouté : le {clock.local(facts.added_at):%d/%m/%Y à %H:%M} (heure de Paris)",
        f"Envoyé : {facts.sent_from.french}",
        f"Retrouvé : {'oui' if facts.found else 'non'}",
        why,
        *(f"{row.label} : {row.value}" for row in trace_rows(facts.trace)),
        f"Dans les mots de l'intervenant ({facts.language}), jusqu'à la fin de ce courriel :",
        unclickable(facts.text),
        CAUTION,
    )
    return "\n".join(lines)
