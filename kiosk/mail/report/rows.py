"""Rows of the mail about a report, most important first, for the text part and the HTML part."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from kiosk.domain.catalogue import Domain, Tristate
from kiosk.mail.french import FLAGS, day_words, moment_words, word
from kiosk.mail.render import Row
from kiosk.mail.report.facts import Facts
from kiosk.mail.safe_text import caution
from kiosk.mail.trace_header import trace_rows

NOT_SAID = "non précisé"


@dataclass(frozen=True, slots=True)
class ReportRows:
    """``severity`` as a word; ``preview``: what a telephone shows below the subject, none of the reporter's words.

    ``caution``: see ``safe_text.caution``.
    """

    severity: str
    preview: str
    decisive: tuple[Row, ...]
    answers: tuple[Row, ...]
    contact: tuple[Row, ...]
    technical: tuple[Row, ...]
    caution: str
    readers: tuple[str, ...]


def rows_of(facts: Facts) -> ReportRows:
    decisive, answers, contact = tuple(_decisive(facts)), tuple(_answers(facts)), tuple(_contact(facts))
    return ReportRows(
        severity=facts.severity.french,
        preview=_preview(facts),
        decisive=decisive,
        answers=answers,
        contact=contact,
        technical=tuple(_technical(facts)),
        caution=caution((facts.description, *(row.quoted for row in (*decisive, *answers, *contact)))),
        readers=tuple(f"{reader.name} : {reader.why}" for reader in facts.readers),
    )


def _answers(facts: Facts) -> Iterator[Row]:
    for said in facts.said:
        yield Row(said.label, quoted=said.answer) if said.free else Row(said.label, said.answer)


def _preview(facts: Facts) -> str:
    return " · ".join(
        (
            *(["ESSAI"] if facts.demo else []),
            _place(facts),
            *([facts.sent_from.french] if facts.sent_from.warning else []),
            f"toujours en cours : {_ongoing(facts)}",
            f"données personnelles : {Tristate.word(facts.personal_data)}",
        )
    )


def _decisive(facts: Facts) -> Iterator[Row]:
    yield Row("Lieu", _place(facts), facts.place)
    if facts.site_address:
        yield Row("Adresse", facts.site_address)
    yield _observed(facts)
    yield from _declared(facts)
    yield Row("Toujours en cours", _ongoing(facts), note=facts.ongoing_asked, strong=True)
    by_default = "" if facts.personal_data_answered else "par défaut, à confirmer : la question est restée sans réponse"
    yield Row("Données personnelles", Tristate.word(facts.personal_data), note=by_default, strong=True)
    if facts.deadline:
        yield Row("Délai de 72 heures", _deadline(facts.deadline), note=_counted(facts))
    yield Row("Déjà fait", "" if facts.already_done else NOT_SAID, facts.already_done)
    yield Row("Joint par téléphone", facts.called_words or NOT_SAID)
    if facts.answer_due:
        before = f"avant le {moment_words(facts.answer_due)}"
        yield Row("À prendre en charge", before, note=facts.answer_from, strong=True)


def _declared(facts: Facts) -> Iterator[Row]:
    """For a report entered by staff, the times of telling and of typing are separate rows."""
    way = f"{facts.entered.way_words}, à {facts.entered.by}" if facts.entered else facts.sent_from.warning
    note = " ; ".join(filter(None, (way, facts.clock_remark(facts.declared_at))))
    yield Row("Signalé", f"{moment_words(facts.declared_at)}, heure de Paris", note=note)
    if facts.entered:
        yield Row("Saisi", f"{moment_words(facts.received_at)}, pour le compte de la personne, par {facts.entered.by}")


def _place(facts: Facts) -> str:
    return " · ".join(filter(None, (facts.site_name, facts.zone_name)))


def _observed(facts: Facts) -> Row:
    """Words such as « hier » get their date: the mail may be read on a later day."""
    if facts.observed_typed:
        return Row("Constaté", "date non reconnue :", facts.observed_typed)
    if facts.observed_precision in ("today", "yesterday") and facts.observed_earliest:
        return Row("Constaté", f"{facts.observed_words} ({day_words(facts.observed_earliest)})")
    return Row("Constaté", facts.observed_words)


def _ongoing(facts: Facts) -> str:
    return Tristate.word(facts.ongoing) if facts.ongoing_answered else NOT_SAID


def _deadline(deadline: datetime) -> str:
    return f"jusqu'au {moment_words(deadline)} pour notifier à la CNIL si une violation est établie"


def _counted(facts: Facts) -> str:
    """The DPO may find that the organisation knew earlier or later."""
    counted = "compté depuis le signalement"
    return counted if facts.personal_data_answered else f"{counted}, par prudence"


def _contact(facts: Facts) -> Iterator[Row]:
    given = {"Nom": facts.contact_name, "Entreprise": facts.contact_company}
    yield from (Row(label, quoted=words) for label, words in given.items() if words)
    if facts.contact_telephone:
        yield Row("Téléphone", quoted=facts.contact_telephone)


def _technical(facts: Facts) -> Iterator[Row]:
    yield Row("Référence", facts.reference)
    yield Row("Borne", " · ".join(filter(None, (facts.site, facts.terminal or facts.sent_from.french, facts.version))))
    yield Row("Langue", f"{facts.language_name} ({facts.language})")
    yield Row("Domaine", ", ".join(Domain.word(domain) for domain in facts.domains))
    yield Row("Origine (CNIL)", facts.cnil_origin or "aucune ne s'applique")
    yield Row("Étiquettes", f"rsit:{facts.rsit}, tlp:amber")
    yield from trace_rows(facts.trace)
    if facts.flags:
        yield Row("Remarques", " ; ".join(word(FLAGS, flag) for flag in facts.flags))
