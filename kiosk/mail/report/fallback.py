"""Fallback mail about a report, for when composing fails: needs no template."""

from collections.abc import Iterator
from datetime import datetime

from kiosk import clock
from kiosk.domain.catalogue import Tristate
from kiosk.mail import mime
from kiosk.mail.report.facts import Facts
from kiosk.mail.safe_text import CAUTION, unclickable
from kiosk.mail.trace_header import trace_rows


def fallback_parts(facts: Facts, answers: str) -> list[mime.Entity]:
    return [
        mime.text_part("\n".join(_summary(facts, answers)) + "\n"),
        mime.attachment(
            "\n".join(_said(facts)) + "\n",
            'text/plain; charset="utf-8"',
            f"incident-{facts.reference}.txt",
        ),
    ]


def _summary(facts: Facts, answers: str) -> Iterator[str]:
    yield "La borne n'a pas pu mettre ce signalement en forme : voici l'essentiel."
    yield "Les mots de l'intervenant sont dans la pièce jointe."
    yield answers
    yield ""
    yield f"Référence : {facts.reference}"
    yield f"Type : {facts.kind_title}"
    yield f"Gravité : {facts.severity.french}"
    yield f"Lieu : {' · '.join(filter(None, (facts.site_name, facts.zone_name)))}"
    yield f"Borne : {' · '.join(filter(None, (facts.site, facts.terminal or facts.sent_from.french)))}"
    yield f"Signalé : le {_on_french_clocks(facts.declared_at)}"
    yield f"Constaté : {facts.observed_words}, au plus tard le {_on_french_clocks(facts.aware_at)}"
    yield f"Toujours en cours : {Tristate.word(facts.ongoing)}"
    yield f"Données personnelles : {Tristate.word(facts.personal_data)}"
    if facts.deadline:
        yield f"Notification à la CNIL, si une violation est établie : avant le {_on_french_clocks(facts.deadline)}"
    yield ""
    for telephone in facts.telephones:
        yield f"{telephone.name} : {telephone.number}"
    yield from (f"Destinataire : {reader.name} ({reader.why})" for reader in facts.readers)
    yield from (f"{row.label} : {row.value}" for row in trace_rows(facts.trace))


def _on_french_clocks(moment: datetime) -> str:
    return f"{clock.local(moment):%d/%m/%Y à %H:%M} (heure de Paris)"


def _said(facts: Facts) -> Iterator[str]:
    yield f"Lieu : {unclickable(facts.place)}"
    yield f"Date écrite : {unclickable(facts.observed_typed)}"
    yield f"Déjà fait : {unclickable(facts.already_done)}"
    yield f"Appel : {facts.called_words or 'non précisé'}"
    for said in facts.said:
        yield f"{said.label} {unclickable(said.answer) if said.free else said.answer}"
    contact = (facts.contact_name, facts.contact_company, facts.contact_telephone)
    yield f"Contact : {' / '.join(unclickable(each) for each in contact)}"
    yield f"Description (langue : {facts.language_name}) :"
    yield unclickable(facts.description)
    yield CAUTION
