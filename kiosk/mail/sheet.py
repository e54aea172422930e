"""What a mail says about a report, in the order in which it matters: one list for the text part and the HTML part."""

from collections.abc import Iterator
from dataclasses import dataclass

from kiosk.mail.facts import Facts
from kiosk.mail.words import (
    DOMAINS,
    FLAGS,
    SEVERITIES,
    TRISTATES,
    date_words,
    day_words,
    moment_words,
    time_words,
    word,
)

NOT_SAID = "non précisé"


@dataclass(frozen=True, slots=True)
class Row:
    """``value`` in our words, explained by ``note``, ``quoted`` in the reporter's; ``strong``: not to be overlooked."""

    label: str
    value: str = ""
    quoted: str = ""
    note: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """``severity`` as a word; ``link`` leads to the report on the console, empty when none is configured."""

    severity: str
    decisive: tuple[Row, ...]
    answers: tuple[Row, ...]
    contact: tuple[Row, ...]
    technical: tuple[Row, ...]
    link: str


def sheet_of(facts: Facts) -> Sheet:
    return Sheet(
        severity=word(SEVERITIES, facts.severity),
        decisive=tuple(_decisive(facts)),
        answers=tuple(
            Row(said.label, quoted=said.answer) if said.free else Row(said.label, said.answer) for said in facts.said
        ),
        contact=tuple(_contact(facts)),
        technical=tuple(_technical(facts)),
        link=f"{facts.console_url.rstrip('/')}/reports/{facts.reference}" if facts.console_url else "",
    )


def _decisive(facts: Facts) -> Iterator[Row]:
    yield Row("Lieu", " · ".join(filter(None, (facts.site_name, facts.zone_name))), facts.place)
    if facts.site_address:
        yield Row("Adresse", facts.site_address)
    yield Row("Constaté", _observed(facts), facts.observed_typed)
    yield Row("Signalé", moment_words(facts.received_at))
    yield Row("Toujours en cours", word(TRISTATES, facts.ongoing), note=facts.ongoing_asked, strong=True)
    by_default = "" if facts.personal_data_answered else "par défaut, la question est restée sans réponse"
    yield Row("Données personnelles", word(TRISTATES, facts.personal_data), note=by_default, strong=True)
    if facts.deadline:
        latest = moment_words(facts.deadline)
        yield Row("Délai de 72 heures", f"à notifier à la CNIL au plus tard le {latest} si la violation est avérée")
    yield Row("Déjà fait", "" if facts.already_done else NOT_SAID, facts.already_done)
    yield Row("Appel téléphonique", facts.called_words or NOT_SAID)


def _observed(facts: Facts) -> str:
    """Words such as « hier » with their date, because nobody knows when a mail is read."""
    if facts.observed_precision in ("today", "yesterday") and facts.observed_earliest:
        return f"{facts.observed_words} ({day_words(facts.observed_earliest)})"
    return facts.observed_words


def _contact(facts: Facts) -> Iterator[Row]:
    given = {"Nom": facts.contact_name, "Entreprise": facts.contact_company, "Téléphone": facts.contact_telephone}
    return (Row(label, quoted=words) for label, words in given.items() if words)


def _technical(facts: Facts) -> Iterator[Row]:
    yield Row("Référence", facts.reference)
    yield Row("Borne", " · ".join(filter(None, (facts.site, facts.terminal, facts.version))))
    yield Row("Reçu", f"{date_words(facts.received_at)} à {time_words(facts.received_at)}, heure de Paris")
    yield Row("Langue", f"{facts.language_name} ({facts.language})")
    yield Row("Domaine", ", ".join(word(DOMAINS, domain) for domain in facts.domains))
    yield Row("Origine (CNIL)", facts.cnil_origin or "aucune ne s'applique")
    yield Row("Étiquettes", f"rsit:{facts.rsit}, tlp:amber")
    yield Row("Trace", f"événement {facts.trace.sequence}")
    yield Row("Empreinte de la trace", facts.trace.digest)
    if facts.flags:
        yield Row("Remarques", " ; ".join(word(FLAGS, flag) for flag in facts.flags))
