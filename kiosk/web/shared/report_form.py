"""Report form, and its conversion to a ``Report``. Only an empty form and a text over its limit are refused."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar, TypeVar

from flask_wtf import FlaskForm
from wtforms import HiddenField

from kiosk.config import Settings, Site
from kiosk.domain.catalogue import Form as AnswerForm
from kiosk.domain.catalogue import Kind, Question, Tristate, common
from kiosk.domain.catalogue.vocabulary import N_, Choice, line
from kiosk.domain.moment import resolve
from kiosk.domain.report import Contact, Report, SentFrom
from kiosk.domain.submission import Submission
from kiosk.web.shared.form_meta import FormMeta
from kiosk.web.shared.question_fields import FIELD_FOR, QuestionField
from kiosk.web.shared.texts import gettext as _

DESCRIPTION = Question(
    code="description",
    label=N_("Ce que vous avez vu ou remarqué"),
    form=AnswerForm.TEXT,
    hint=N_("Dans la langue que vous voulez. N'écrivez ni mot de passe, ni code."),
)
WHEN_DATE = line("when_date", N_("Date"))
WHEN_TIME = line("when_time", N_("Heure"))
NAME = line("name", N_("Votre nom"))
COMPANY = line("company", N_("Votre entreprise"))
TELEPHONE = line("telephone", N_("Votre téléphone"))

CONTACT = (NAME, COMPANY, TELEPHONE)

# Screens into which steps.js cuts the form; "check/…": a screen opened from "check" to change an answer.
PLACES = ("where", "when", "decisive", "check", "check/where", "check/when", "check/decisive", "check/details")


class ReportForm(FlaskForm):  # type: ignore[misc]
    """Created by ``form_for``; fields are named by the codes of their questions."""

    class Meta(FormMeta):
        csrf = False  # a token could expire and refuse a report; see kiosk.web.shared.origin

    kind: ClassVar[Kind]
    submission_id = HiddenField()
    step = HiddenField()

    @property
    def kept_step(self) -> str:
        """One of PLACES; empty without scripts."""
        return self.step.data if self.step.data in PLACES else ""

    def questions(self) -> Iterator[QuestionField]:
        return (field for field in self if isinstance(field, QuestionField))

    def dependents(self, code: str) -> list[QuestionField]:
        """Questions asked only after some answers to the question ``code``."""
        fields = [self[question.code] for question in self.kind.questions]
        return [field for field in fields if field.question.shown_when and field.question.shown_when.question == code]

    def uncalled(self, code: str) -> list[QuestionField]:
        return [field for field in self.dependents(code) if not self.calls_for(field)]

    def others(self) -> list[QuestionField]:
        """Questions asked in any case, except the decisive one."""
        questions = [question for question in self.kind.questions if question.code != self.kind.decisive]
        return [self[question.code] for question in questions if question.shown_when is None]

    def calls_for(self, field: QuestionField) -> bool:
        condition = field.question.shown_when
        return condition is None or condition.holds({known.name: known.data or () for known in self.questions()})

    def first_errors(self) -> list[tuple[str, str]]:
        """With the id of the field, in page order."""
        return [(field.id, field.errors[0]) for field in self.questions() if field.errors]

    def contact_given(self) -> bool:
        return any(self[question.code].data for question in CONTACT)

    def submission(self) -> Submission:
        """A new one if none came or its id is not a random UUID."""
        return Submission.posted(self.submission_id.data) or self.renew_submission()

    def renew_submission(self) -> Submission:
        new = Submission()
        self.submission_id.data = str(new.id)
        return new

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        if not super().validate(extra_validators):
            return False
        if any(field.answered for field in self.questions()):
            return True
        # At the first question, which takes one tap, not at the text, which has to be typed.
        self["zone"].errors = [
            _("Votre signalement est encore vide : répondez à une question, ou écrivez quelques mots.")
        ]
        return False

    def to_report(
        self,
        settings: Settings,
        *,
        language: str,
        now: datetime,
        sent_from: SentFrom,
        flags: tuple[str, ...] = (),
    ) -> Report:
        said = {field.name: field.data or "" for field in self.questions()}
        return Report(
            submission=self.submission(),
            kind_code=self.kind.code,
            site=settings.local_site.id,
            terminal=settings.local_terminal if sent_from is SentFrom.TERMINAL else None,
            sent_from=sent_from,
            language=language,
            received_at=now,
            zone=said["zone"] or None,
            place=said["place"],
            observed=resolve(said["when"], said["when_date"], said["when_time"], now),
            ongoing=_tristate(said["ongoing"]),
            personal_data_answer=_tristate(said["personal_data"]),
            called=said["called"] or None,
            already_done=said["already_done"],
            answers={question.code: said[question.code] for question in self.kind.questions if said[question.code]},
            description=said["description"],
            contact=Contact(name=said["name"], company=said["company"], telephone=said["telephone"]),
            flags=(*self._flags(), *(flag for flag in flags if flag not in self._flags())),
        )

    def _flags(self) -> tuple[str, ...]:
        seen = {
            "unknown_choice": any(field.dropped for field in self.questions()),
            "encoding": any(field.mangled for field in self.questions()),
        }
        return tuple(flag for flag, holds in seen.items() if holds)


F = TypeVar("F", bound=ReportForm)


def form_for(kind: Kind, site: Site, said: Mapping[str, Any] | None) -> ReportForm:
    """``said``: multi-dict of a posted form; None makes an empty form."""
    form: ReportForm = form_class(kind, site, ReportForm)(formdata=said)
    form.submission()
    return form


@lru_cache(maxsize=128)
def form_class(kind: Kind, site: Site, base: type[F]) -> type[F]:
    fields = {question.code: FIELD_FOR[question.form](question) for question in _questions(kind, site)}
    return type(base.__name__, (base,), {"kind": kind, **fields})


def _questions(kind: Kind, site: Site) -> tuple[Question, ...]:
    """In page order."""
    decisive = [question for question in kind.questions if question.code == kind.decisive]
    others = [question for question in kind.questions if question.code != kind.decisive]
    return (
        common.CALLED,
        _zone(site),
        common.WHEN,
        WHEN_DATE,
        WHEN_TIME,
        *decisive,
        common.PLACE,
        common.ongoing(kind.ongoing_label),
        *others,
        common.PERSONAL_DATA,
        DESCRIPTION,
        common.ALREADY_DONE,
        *CONTACT,
    )


def _zone(site: Site) -> Question:
    zones = (Choice(zone.code, zone.name) for zone in site.zones)
    choices = (*zones, common.NOT_LISTED_ZONE, common.UNKNOWN_ZONE)
    return Question(code="zone", label=N_("À quel endroit ?"), form=AnswerForm.ONE, choices=choices)


def _tristate(code: str) -> Tristate | None:
    return Tristate(code) if code else None
