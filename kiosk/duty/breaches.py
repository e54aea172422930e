"""The 72 hours: who decides about a breach, who is reminded, and what leaves the kiosk of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kiosk.config import Audience, Role, Settings
from kiosk.domain.purposes import OnlyWhile, Purpose
from kiosk.duty import notices
from kiosk.duty.audiences import writable
from kiosk.duty.chain import Watch
from kiosk.duty.cnil import QUESTIONS, REASON, REASON_WORDS, REASONS
from kiosk.duty.presence import of_role
from kiosk.mail.words import moment_words
from kiosk.store import bell, breaches, standing
from kiosk.store.breaches import Breach, Decision
from kiosk.store.connection import Database

SCHEMA = "ssi-kiosk/breach/1"
LAST = 66  # hours: then the MSSI is reminded too
WHY = {
    Role.DPO: "le délégué à la protection des données décide de la notification à la CNIL",
    Role.MSSI: "il reste moins de six heures pour notifier cette violation à la CNIL",
}


@dataclass(frozen=True, slots=True)
class Objection:
    """What must be corrected before a decision can be kept; ``at`` names the field."""

    at: str
    words: str


def nudge_undecided(db: Database, settings: Settings, now: datetime) -> None:
    """At 24, 48 and 66 hours until somebody has decided; a stop or a jump of the clock leaves out, never repeats."""
    watch = None
    for breach, stage in breaches.to_nudge(db, demo=settings.demo, now=now):
        watch = watch or Watch.at(db, settings, now)
        report = standing.get(db, breach.reference)
        letter = notices.Letter(Purpose.BREACH, "undecided", OnlyWhile.UNDECIDED, mark=str(stage))
        mails = notices.write(db, watch, report, letter, _reminded(settings, breach, stage), until=breach.deadline_at)
        if breaches.nudge(db, breach, stage, mails, now):
            bell.ring(settings.instance)


def _reminded(settings: Settings, breach: Breach, stage: int) -> list[tuple[Audience, str]]:
    roles = [Role.DPO, *([Role.MSSI] if stage == LAST else [])]
    return [
        (audience, WHY[role])
        for role in roles
        for audience in of_role(settings.audiences, role, site=breach.site)
        if writable(audience, demo=breach.demo)
    ]


def decide(
    breach: Breach, word: str, notified_at: datetime | None, told: Mapping[str, Any], now: datetime
) -> Decision | Objection | None:
    """What the answers come to; None: not decided yet."""
    if word == "notified":
        if notified_at is None:
            return Objection("notified_at", "Dites quand la CNIL a été notifiée.")
        if not breach.aware_at <= notified_at <= now:
            return Objection("notified_at", "La notification ne peut être ni future, ni plus ancienne que l'incident.")
        if notified_at > breach.deadline_at and not told["delay"]:
            return Objection("delay", "Plus de 72 heures ont passé : dites pourquoi, la CNIL le demande.")
        return Decision(word=word, notified_at=notified_at)
    if word == "not_notifiable":
        if not told[REASON]:
            return Objection(REASON, "Dites pourquoi il n'y a pas lieu de notifier.")
        if told[REASON] == "other" and not told[REASON_WORDS]:
            return Objection(REASON_WORDS, "Expliquez cette autre raison en quelques mots.")
        return Decision(word=word)
    return None


def state_words(breach: Breach, now: datetime) -> str:
    """For people, in a line."""
    if breach.decision == "notified" and breach.notified_at:
        return f"notifiée à la CNIL le {moment_words(breach.notified_at)}"
    if breach.decision:
        return "pas de notification"
    passed = now > breach.deadline_at
    return f"à décider par le DPO, {'délai passé depuis' if passed else 'avant'} le {moment_words(breach.deadline_at)}"


def as_json(breach: Breach, told: Mapping[str, Any], *, aware_by_contractor: datetime) -> dict[str, Any]:
    """The file as another program reads it: codes and words; the schema is ``breach.schema.json``."""
    reason = told.get(REASON, "")
    return {
        "schema": SCHEMA,
        "reference": breach.reference,
        "site": breach.site,
        "opened_at": _utc(breach.opened_at),
        "contractor_aware_at": _utc(aware_by_contractor),
        "aware_at": _utc(breach.aware_at),
        "deadline_at": _utc(breach.deadline_at),
        "decision": breach.decision,
        "decided_at": _utc(breach.decided_at),
        "decided_by": breach.decided_by,
        "notified_at": _utc(breach.notified_at),
        "reason": {"code": reason, "words": REASONS.get(reason, ""), "explained": told.get(REASON_WORDS, "")},
        "answers": [
            {
                "code": question.code,
                "question": question.label,
                "answer": told.get(question.code) or None,
                "words": question.words(told.get(question.code)),
            }
            for question in QUESTIONS
        ],
    }


def _utc(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else None
