"""Timeline: the trace of one report in French, with its texts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from kiosk import clock
from kiosk.domain.handling import Eta, HiddenAs, HoldReason, Outcome
from kiosk.domain.report import SentFrom
from kiosk.store.trace.events import SYSTEM
from kiosk.store.trace.of_report import Happened
from kiosk.web.staff.shared import words

REPORTER = "reporter"


@dataclass(frozen=True, slots=True)
class TimelineWords:
    """Note, reply or addition; ``text`` is None once purged."""

    text: str | None
    language: str = "fr"


@dataclass(frozen=True, slots=True)
class ReportLink:
    """``visible`` is False for a report of a site that the member does not serve."""

    reference: str
    visible: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """``added``: by the reporter; ``quiet``: routine (mails, readings); ``red``: needs attention.

    ``references``: other reports, named after ``what`` by their ``links``.
    """

    number: int
    at: datetime
    who: str
    what: str
    said: TimelineWords | None = None
    added: bool = False
    quiet: bool = False
    red: bool = False
    references: tuple[str, ...] = ()
    links: tuple[ReportLink, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    accounts: Mapping[str, str]
    audiences: Mapping[str, str]

    def actor(self, actor: str) -> str:
        return {SYSTEM: "La borne", REPORTER: "La personne"}.get(actor) or self.accounts.get(actor, actor)

    def listed(self, audiences: Sequence[str]) -> str:
        return ", ".join(self.audiences.get(each, each) for each in audiences) or "personne"


Sentence = Callable[[Mapping[str, Any], Names], str]


def _eta(one: Happened) -> str:
    """Promised time, worded relative to the day of the event."""
    eta = next((eta for eta in Eta if eta == one.detail.get("eta")), None)
    if eta is None:
        return ""
    at = one.detail.get("eta_at")
    promised = f" ({words.moment(clock.from_text(at), one.at)})" if at else ""
    return f", délai annoncé\N{NO-BREAK SPACE}: {eta.french}{promised}"


def _outcome(detail: Mapping[str, Any]) -> str:
    return Outcome.word(str(detail.get("outcome", "")))


def _together(detail: Mapping[str, Any]) -> str:
    """Number of similar reports that the same act concerned."""
    others = int(detail.get("together", 1)) - 1
    return f", avec {others} {'autres semblables' if others > 1 else 'autre semblable'}" if others > 0 else ""


def _references(detail: Mapping[str, Any]) -> tuple[str, ...]:
    """Other reports that an event names."""
    return tuple(str(each) for each in (detail.get("repeats"), *detail.get("by", ())) if each)


def _if_visitor(detail: Mapping[str, Any]) -> str:
    return f", {SentFrom.VISITOR.french}" if detail.get("sent_from") == SentFrom.VISITOR else ""


def _audience(detail: Mapping[str, Any], names: Names) -> str:
    return names.listed([str(detail.get("audience", ""))])


def _count(detail: Mapping[str, Any]) -> str:
    count = len(detail.get("audiences", ()))
    return f"{count} courriels" if count > 1 else "un courriel"


def _told(detail: Mapping[str, Any], names: Names) -> str:
    return names.listed(detail.get("audiences", ()))


BREACH_DECISIONS = {
    "notified": "a noté que la violation est notifiée à la CNIL",
    "not_notifiable": "a décidé de ne pas notifier la violation à la CNIL",
}
SENTENCES: dict[str, Sentence] = {
    "report_received": lambda detail, names: (
        f"a fait le signalement{_if_visitor(detail) or f' {SentFrom.TERMINAL.french}'}"
    ),
    "report_entered": lambda detail, names: "a saisi le signalement pour le compte de la personne",
    "report_read": lambda detail, names: "a lu le signalement",
    "report_closed": lambda detail, names: (
        f"a clos le signalement{_together(detail)} : {_outcome(detail)}{', voir' if detail.get('repeats') else ''}"
    ),
    "report_repeated": lambda detail, names: "a clos comme déjà signalé :",
    "report_reopened": lambda detail, names: f"a rouvert le signalement ; prévenu : {_told(detail, names)}",
    "report_marked": lambda detail, names: (
        f"a masqué le signalement{_together(detail)} : {HiddenAs.word(str(detail.get('hidden_as', '')))}"
    ),
    "report_unmarked": lambda detail, names: f"a de nouveau affiché le signalement ; prévenu : {_told(detail, names)}",
    "report_exported": lambda detail, names: "a exporté le signalement avec sa trace",
    "note_added": lambda detail, names: "a écrit une note",
    "reply_written": lambda detail, names: "a répondu à la personne",
    "addition_received": lambda detail, names: (
        ("a dit que c'est retrouvé" if detail.get("found") else "a ajouté une précision") + _if_visitor(detail)
    ),
    "retry_asked": lambda detail, names: "a fait renvoyer les courriels en attente",
    "escalated": lambda detail, names: f"a relancé, faute de réponse : {_told(detail, names)}",
    "escalation_skipped": lambda detail, names: "n'a pu relancer une personne, absente ou sans adresse",
    "taker_reminded": lambda detail, names: f"a rappelé l'échéance annoncée : {_told(detail, names)}",
    "acknowledgement_lapsed": lambda detail, names: (
        f"a rouvert le signalement, resté sans suite ; prévenu : {_told(detail, names)}"
    ),
    "wait_began_anew": lambda detail, names: "a recompté le délai, son horloge ayant été corrigée",
    "delivery_sent": lambda detail, names: f"a transmis {_count(detail)} : {_told(detail, names)}",
    "delivery_held": lambda detail, names: f"n'a pu transmettre un courriel, refusé : {_audience(detail, names)}",
    "address_corrected": lambda detail, names: f"a trouvé dans la base une fausse adresse : {_audience(detail, names)}",
    "delivery_ambiguous": lambda detail, names: f"renvoie un courriel, dans le doute : {_audience(detail, names)}",
    "delivery_cancelled": lambda detail, names: f"a retiré un courriel devenu inutile : {_audience(detail, names)}",
    "audience_without_address": lambda detail, names: f"n'a pu écrire, faute d'adresse : {_audience(detail, names)}",
    "mail_fallback": lambda detail, names: "a écrit un courriel sous sa forme la plus simple",
    "mail_unsealed": lambda detail, names: (
        f"n'a pu chiffrer un courriel, parti sans son contenu : {_audience(detail, names)}"
    ),
    "breach_opened": lambda detail, names: "a ouvert un dossier de violation de données",
    "breach_edited": lambda detail, names: "a complété le dossier de violation de données",
    "breach_decided": lambda detail, names: BREACH_DECISIONS.get(detail.get("decision") or "", "a rouvert la décision"),
    "breach_reminded": lambda detail, names: (
        f"a rappelé la décision à prendre sur la violation : {_told(detail, names)}"
    ),
    "breach_purged": lambda detail, names: "a effacé le dossier de violation, sa durée de conservation étant écoulée",
    "breach_exported": lambda detail, names: "a exporté le dossier de violation de données",
    "reference_clash": lambda detail, names: "a pris la référence suivante, la première existant déjà",
    "contact_purged": lambda detail, names: "a effacé le contact, sa durée de conservation étant écoulée",
    "content_purged": lambda detail, names: "a effacé le contenu, sa durée de conservation étant écoulée",
    "hold_placed": lambda detail, names: f"a gelé le signalement : {HoldReason.word(str(detail.get('reason', '')))}",
    "hold_released": lambda detail, names: "a levé le gel du signalement",
}
QUIET = {"report_read", "delivery_sent", "delivery_cancelled", "delivery_ambiguous", "reference_clash", "mail_fallback"}
RED = {
    "delivery_held",
    "address_corrected",
    "mail_unsealed",
    "audience_without_address",
    "escalation_skipped",
    "acknowledgement_lapsed",
}


def entries(trace: Sequence[Happened], said: Mapping[str, Sequence[TimelineWords]], names: Names) -> Iterator[Entry]:
    """``said``: texts by action, in the order of events."""
    spoken = {action: iter(texts) for action, texts in said.items()}
    for one in _gathered(trace):
        yield Entry(
            number=one.number,
            at=one.at,
            who=names.actor(one.actor),
            what=_sentence(one, names),
            said=next(spoken.get(one.action, iter(())), None),
            added=one.action == "addition_received",
            quiet=one.action in QUIET,
            red=one.action in RED,
            references=_references(one.detail),
        )


def _gathered(trace: Sequence[Happened]) -> Iterator[Happened]:
    """Merge consecutive sent mails into one event, with the number and time of the last."""
    for action, run in groupby(trace, key=lambda one: one.action):
        if action != "delivery_sent":
            yield from run
            continue
        *_, last = mails = list(run)
        yield replace(last, detail={"audiences": [str(mail.detail.get("audience", "")) for mail in mails]})


def _sentence(one: Happened, names: Names) -> str:
    """An action without a sentence is shown as its code."""
    if one.action == "report_acknowledged":
        return f"a pris le signalement en charge{_together(one.detail)}{_eta(one)}"
    if one.action == "report_taken_over":
        return f"a repris le signalement à son compte{_eta(one)}"
    sentence = SENTENCES.get(one.action)
    return sentence(one.detail, names) if sentence else one.action
