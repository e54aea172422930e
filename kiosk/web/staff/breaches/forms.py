"""Breach form: the CNIL's questions and the decision."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from wtforms.validators import Length

from kiosk import clock
from kiosk.breaches import cnil_form
from kiosk.domain.catalogue import Form, Question
from kiosk.domain.cnil import BreachDecision
from kiosk.domain.text import clean_text
from kiosk.store.reports.breaches import Breach, Details
from kiosk.web.staff.shared.forms import ButtonForm, HiddenCode, Offered, StaffField, StaffForm, TypedLine, TypedText

MOMENT = "%Y-%m-%dT%H:%M"  # as sent by a datetime-local input
LONGEST = 5_000  # characters per answer
NOT_TOO_LONG = Length(
    max=LONGEST,
    message=f"C'est trop long : {LONGEST} caractères au plus par réponse. Rien n'est perdu, raccourcissez.",
)
CHANGED = "Quelqu'un a modifié ce dossier entre-temps. Vos réponses sont encore ici : relisez, puis enregistrez-les."
ANSWER = "answer_"  # prefix: a form has attributes of its own, such as `data`
DECISIONS = {
    "": "pas encore décidé",
    BreachDecision.NOTIFIED: "oui, elle est notifiée",
    BreachDecision.NOT_NOTIFIABLE: "non",
}


class CnilField(StaffField):
    """Answer to a CNIL question: text, a code or a list of codes."""

    def __init__(self, question: Question, **binding: Any) -> None:  # noqa: ANN401 - see Field
        limits = [NOT_TOO_LONG] if question.form is Form.TEXT else []
        super().__init__(question.label, description=question.hint, validators=limits, **binding)
        self.question = question

    def process_formdata(self, given: Sequence[str]) -> None:
        if self.question.form is Form.SEVERAL:
            self.data = list(given)
        else:
            super().process_formdata(given)

    def _clean(self, typed: str) -> str:
        return clean_text(typed)

    @property
    def told(self) -> str:
        return self.question.words(self.data)


class BreachForm(StaffForm):
    """``revision``: of the breach file, for compare-and-set."""

    act = "Enregistrer le dossier de violation"
    revision = HiddenCode()
    decision = Offered("Faut-il notifier la CNIL ?", lambda: DECISIONS)
    notified_at = TypedLine("Si oui : notifiée le")
    reason = Offered("Si non : parce que", lambda: cnil_form.REASONS)
    reason_words = TypedText("Explication", validators=[NOT_TOO_LONG])

    @classmethod
    def of(cls, breach: Breach, told: Details) -> "BreachForm":
        notified = clock.local(breach.notified_at).strftime(MOMENT) if breach.notified_at else ""
        decided = {"decision": breach.decision or "", "notified_at": notified}
        answers = {f"{ANSWER}{question.code}": told[question.code] for question in cnil_form.QUESTIONS}
        return cls(data={**told, **answers, **decided, "revision": str(breach.revision)})

    def answer(self, question: Question) -> CnilField:
        found: CnilField = self[f"{ANSWER}{question.code}"]
        return found

    def answers(self) -> Details:
        return cnil_form.accepted({field.name: field.data for field in self})

    def notified(self) -> datetime | None:
        """French local time, as UTC; None if it cannot be read."""
        try:
            typed = datetime.strptime(self.notified_at.data[:16], MOMENT).replace(tzinfo=clock.PARIS)
            return typed.astimezone(UTC)
        except (ValueError, OverflowError):  # OverflowError: the first hours of year 1
            return None

    def object(self, at: str, words: str) -> None:
        """Add an error. ``at``: a field name, else the error is about the whole form."""
        found = [field for field in self if field.name == at]
        for field in found:
            field.errors = [*field.errors, words]
        if not found:
            self.form_errors.append(words)


for _question in cnil_form.QUESTIONS:
    setattr(BreachForm, f"{ANSWER}{_question.code}", CnilField(_question, name=_question.code))


class OpenBreachForm(ButtonForm):
    act = "Ouvrir un dossier de violation de données"
    because = "the address names the report"


class BreachExportForm(ButtonForm):
    act = "Emporter le dossier de violation"
    because = "the address names the report, and whether a page or a file is wanted"


class RegisterExportForm(ButtonForm):
    act = "Emporter le registre des violations"
    because = "the file always holds the whole register"
