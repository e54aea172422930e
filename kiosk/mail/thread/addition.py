"""Mail about an addition, in the thread of the report's own mail to the same recipient."""

from dataclasses import dataclass
from datetime import datetime

from kiosk import clock
from kiosk.domain.purposes import Purpose
from kiosk.domain.report import SentFrom
from kiosk.mail.compose import Composed, compose_pair
from kiosk.mail.envelope import About, Recipient, Stationery, thread_headers
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


def compose_addition(facts: AdditionFacts, recipient: Recipient, stationery: Stationery, *, answers: str) -> Composed:
    """``answers``: Message-ID of the report's own mail to this recipient. Never raises."""
    facts, recipient = all_legible(facts), all_legible(recipient)
    occasion = f"{Purpose.ADDITION}-{facts.identity}"
    headers = thread_headers(facts, recipient, stationery, occasion=occasion, written=facts.added_at, answers=answers)
    context = {"facts": facts, "rows": _rows(facts), "why": recipient.why, "technical": _technical(facts)}
    context["caution"] = caution((facts.text,))
    return compose_pair("addition", context, headers, stationery, plain=_plain(facts, recipient))


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


def _plain(facts: AdditionFacts, recipient: Recipient) -> str:
    lines = (
        "La borne n'a pas pu mettre ce complément en forme : voici l'essentiel.",
        f"Référence : {facts.reference}",
        f"Ajouté : le {clock.local(facts.added_at):%d/%m/%Y à %H:%M} (heure de Paris)",
        f"Envoyé : {facts.sent_from.french}",
        f"Retrouvé : {'oui' if facts.found else 'non'}",
        recipient.why,
        *(f"{row.label} : {row.value}" for row in trace_rows(facts.trace)),
        f"Dans les mots de l'intervenant ({facts.language}), jusqu'à la fin de ce courriel :",
        unclickable(facts.text),
        CAUTION,
    )
    return "\n".join(lines)
