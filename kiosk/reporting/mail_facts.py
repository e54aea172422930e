"""Mail facts: what the mails say about a report, with codes turned into French words."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from kiosk.config import Audience, Role, Site
from kiosk.domain.catalogue import Question, Tristate
from kiosk.domain.moment import Moment, Precision
from kiosk.domain.report import Report
from kiosk.domain.trace_head import TraceHead
from kiosk.duty.audiences import serves_site
from kiosk.mail.french import day_words, language_name, time_words
from kiosk.mail.report.facts import Entered, Facts, Said, Telephone, ToldReader
from kiosk.version import VERSION

# Roles to call from the site, in this order.
CALLED_ROLES = (Role.MANAGER, Role.DEPUTY, Role.REFERENT, Role.SERVICE)

# Whom the contractor reached, in the third person.
CALLED_WORDS = {
    "reached": "quelqu'un",
    "no_answer": "personne (appel sans réponse)",
    "not_yet": "personne (pas encore appelé)",
    "unknown": "inconnu",
}

# Who is expected to answer first, by the first step of the chain.
EXPECTED = (
    "par le responsable de l'immeuble, sinon par son suppléant",
    "par le suppléant, le responsable de l'immeuble ne pouvant pas être prévenu",
)

WHOLE_DAY_FROM = timedelta(hours=2)  # a typed time spans an hour at most (clock change)


def facts_of(
    report: Report,
    *,
    reference: str,
    site: Site,
    audiences: Sequence[Audience],
    organisation: str,
    console_url: str,
    trace: TraceHead,
    demo: bool,
    clock_step: timedelta = timedelta(0),
) -> Facts:
    return Facts(
        reference=reference,
        kind=report.kind.code,
        kind_title=report.kind.title,
        severity=report.severity,
        checklist=report.kind.checklist,
        domains=tuple(domain.value for domain in report.domains),
        cnil_origin=str(report.cnil_origin),
        rsit=report.rsit,
        site=site.id,
        site_name=site.name,
        site_address=site.address,
        zone=report.zone,
        zone_name=site.zone_name(report.zone),
        place=report.place,
        terminal=report.terminal,
        sent_from=report.sent_from,
        received_at=report.received_at,
        clock_step=clock_step,
        entered=_entered(report),
        aware_at=report.aware_at,
        observed_precision=report.observed.precision.value,
        observed_earliest=report.observed.earliest,
        observed_latest=report.observed.latest,
        observed_words=observed_words(report.observed),
        observed_typed=report.observed.typed,
        ongoing=(report.ongoing or Tristate.UNKNOWN).value,
        ongoing_asked=report.kind.ongoing_label,
        ongoing_answered=report.ongoing is not None,
        personal_data=report.personal_data.value,
        personal_data_answered=report.personal_data_answer is not None,
        deadline=report.deadline,
        said=tuple(_said(report)),
        description=report.description,
        language=report.language,
        language_name=language_name(report.language),
        already_done=report.already_done,
        called=report.called,
        called_words=CALLED_WORDS.get(report.called, report.called) if report.called else "",
        contact_name=report.contact.name,
        contact_company=report.contact.company,
        contact_telephone=report.contact.telephone,
        telephones=tuple(_telephones(site, audiences)),
        organisation=organisation,
        console_url=console_url,
        trace=trace,
        flags=report.flags,
        demo=demo,
        version=VERSION,
    )


def _entered(report: Report) -> Entered | None:
    told = report.told
    return Entered(told.at, told.way.value, told.way.french, told.by) if told else None


def observed_words(observed: Moment) -> str:
    if observed.precision == Precision.AT and observed.earliest and observed.latest:
        return f"le {day_words(observed.earliest)}{_clock_time(observed.earliest, observed.latest)}"
    return {
        Precision.NOW: "au moment du signalement",
        Precision.TODAY: "aujourd'hui",
        Precision.YESTERDAY: "hier",
    }.get(observed.precision, "non précisé")


def _clock_time(earliest: datetime, latest: datetime) -> str:
    """Typed time; its bounds if French clocks skip that hour (spring); empty for a whole day."""
    if latest - earliest >= WHOLE_DAY_FROM:
        return ""
    first, last = time_words(earliest), time_words(latest)
    return f" à {first}" if first == last else f" entre {first} et {last}"


def reader(audience: Audience, report: Report, *, stands_in: bool = False) -> ToldReader:
    """Reader of the first mail, with the reason. ``stands_in``: no manager can be told."""
    away = ", qui ne peut pas être prévenu" if stands_in else ""
    reasons = {
        Role.MSSI: "tout incident de sécurité signalé à une borne lui est transmis",
        Role.MANAGER: "responsable de l'immeuble où l'incident est signalé",
        Role.DEPUTY: f"supplée le responsable de l'immeuble où l'incident est signalé{away}",
        Role.DPO: _why_dpo(report.personal_data),
        Role.REFERENT: "averti aussitôt d'un incident de ce type",
        Role.SERVICE: "inscrit parmi les destinataires de ce site",
    }
    return ToldReader(audience.name, reasons[audience.role])


def _why_dpo(personal_data: Tristate) -> str:
    return {
        Tristate.YES: "des données personnelles peuvent être concernées",
        Tristate.UNKNOWN: "la présence de données personnelles n'est pas exclue",
        Tristate.NO: "inscrit parmi les destinataires de ce site",
    }[personal_data]


def _said(report: Report) -> Iterator[Said]:
    """In the order of the questions; answers to no question of the catalogue come last."""
    questions = [question for question in report.kind.questions if question.code in report.answers]
    yield from (_answer(question, report.answers[question.code]) for question in questions)
    known = {question.code for question in questions}
    for code, answer in report.answers.items():
        if code not in known:
            yield Said(code, code, ", ".join(_as_tuple(answer)), _coded(answer), free=True)


def _answer(question: Question, answer: str | tuple[str, ...]) -> Said:
    return Said(question.code, question.label, question.words(answer), _coded(answer), free=not question.closed)


def _as_tuple(answer: str | tuple[str, ...]) -> tuple[str, ...]:
    return (answer,) if isinstance(answer, str) else answer


def _coded(answer: str | tuple[str, ...]) -> str | list[str]:
    return answer if isinstance(answer, str) else list(answer)


def _telephones(site: Site, audiences: Sequence[Audience]) -> Iterator[Telephone]:
    """Manager and deputy always, so that a missing number shows; other roles only with a number."""
    here = [audience for audience in audiences if serves_site(audience, site.id)]
    for role in CALLED_ROLES:
        for audience in here:
            if audience.role == role and (audience.telephone or role in (Role.MANAGER, Role.DEPUTY)):
                yield Telephone(role.value, audience.name, audience.telephone)
