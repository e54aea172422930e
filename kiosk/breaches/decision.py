"""Decision on a breach: notified, not notifiable, or errors to correct first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kiosk.breaches.cnil_form import REASON, REASON_WORDS
from kiosk.domain.cnil import BreachDecision
from kiosk.mail.french import moment_words
from kiosk.store.reports.breaches import Breach, Decision


@dataclass(frozen=True, slots=True)
class Objection:
    """``at``: name of the field to correct."""

    at: str
    words: str


def decide(
    breach: Breach, word: str, notified_at: datetime | None, told: Mapping[str, Any], now: datetime
) -> Decision | Objection | None:
    """Decision from the DPO's answers; None: still undecided."""
    if word == BreachDecision.NOTIFIED:
        if notified_at is None:
            return Objection("notified_at", "Dites quand la CNIL a été notifiée.")
        if not breach.aware_at <= notified_at <= now:
            return Objection("notified_at", "La notification ne peut être ni future, ni plus ancienne que l'incident.")
        if notified_at > breach.deadline_at and not told["delay"]:
            return Objection("delay", "Plus de 72 heures ont passé : dites pourquoi, la CNIL le demande.")
        return Decision(word=BreachDecision.NOTIFIED, notified_at=notified_at)
    if word == BreachDecision.NOT_NOTIFIABLE:
        if not told[REASON]:
            return Objection(REASON, "Dites pourquoi il n'y a pas lieu de notifier.")
        if told[REASON] == "other" and not told[REASON_WORDS]:
            return Objection(REASON_WORDS, "Expliquez cette autre raison en quelques mots.")
        return Decision(word=BreachDecision.NOT_NOTIFIABLE)
    return None


def state_words(breach: Breach, now: datetime) -> str:
    if breach.decision == BreachDecision.NOTIFIED and breach.notified_at:
        return f"notifiée à la CNIL le {moment_words(breach.notified_at)}"
    if breach.decision:
        return "pas de notification"
    passed = now > breach.deadline_at
    return f"à décider par le DPO, {'délai passé depuis' if passed else 'avant'} le {moment_words(breach.deadline_at)}"
