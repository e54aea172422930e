"""Vocabulary in which a kind of incident is declared.

Texts for contractors are French msgids marked with N_(), translated in the web templates. Texts for staff (checklist)
stay French, like mails and console.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Generic, TypeVar

from kiosk.domain.severity import Severity
from kiosk.domain.worded import Worded

UNKNOWN = "unknown"

# Answers by question code: a code, several codes, or free text.
Answers = Mapping[str, str | tuple[str, ...]]


def N_(text: str) -> str:  # noqa: N802 - the name gettext tools look for
    """Mark a text for translation."""
    return text


class Tristate(Worded):
    YES = "yes", "oui"
    NO = "no", "non"
    UNKNOWN = "unknown", "inconnu"


class Domain(Worded):
    """The national domains of the branch (circular of 20 May 1996), and one for the rest."""

    ACCESS = "access", "accès au système d'information"
    FLOWS = "flows", "sécurité et contrôle des flux"
    CONTINUITY = "continuity", "continuité de service"
    ANTIVIRUS = "antivirus", "politique antivirus"
    INTEGRITY = "integrity", "intégrité des logiciels"
    UNCLASSIFIED = "unclassified", "non classé"


class Form(StrEnum):
    ONE = "one"  # one of the choices
    SEVERAL = "several"  # any of the choices
    LINE = "line"  # one line of free text
    TEXT = "text"  # several lines of free text


@dataclass(frozen=True, slots=True)
class Choice:
    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Condition:
    question: str
    codes: tuple[str, ...]

    def holds(self, answers: Answers) -> bool:
        given = answers.get(self.question, ())
        given = (given,) if isinstance(given, str) else given
        return any(code in self.codes for code in given)


def when(question: str, *codes: str) -> Condition:
    return Condition(question, codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Asked of a reporter, or on the CNIL's form. ``one`` adds UNKNOWN as the last choice of a closed one."""

    code: str
    label: str
    form: Form
    choices: tuple[Choice, ...] = ()
    hint: str = ""
    shown_when: Condition | None = None

    @property
    def closed(self) -> bool:
        return self.form in (Form.ONE, Form.SEVERAL)

    def offers(self, code: object) -> bool:
        return any(choice.code == code for choice in self.choices)

    def choice_label(self, code: str) -> str:
        """The code itself if the catalogue no longer has it."""
        return next((choice.label for choice in self.choices if choice.code == code), code)

    def words(self, answer: str | Sequence[str] | None) -> str:
        """Labels of chosen codes; free text as it is."""
        if not self.closed:
            return str(answer or "")
        codes = (answer,) if isinstance(answer, str) else answer or ()
        return ", ".join(self.choice_label(code) for code in codes if code)


DONT_KNOW = Choice(UNKNOWN, N_("Je ne sais pas"))


def one(
    code: str,
    label: str,
    choices: Mapping[str, str],
    *,
    hint: str = "",
    shown_when: Condition | None = None,
    dont_know: Choice = DONT_KNOW,
    form: Form = Form.ONE,
) -> Question:
    listed = tuple(Choice(choice, words) for choice, words in choices.items())
    return Question(code=code, label=label, form=form, choices=(*listed, dont_know), hint=hint, shown_when=shown_when)


several = partial(one, form=Form.SEVERAL)


def yes_no(code: str, label: str, *, hint: str = "", shown_when: Condition | None = None) -> Question:
    return one(code, label, {"yes": N_("Oui"), "no": N_("Non")}, hint=hint, shown_when=shown_when)


def line(code: str, label: str, *, hint: str = "", shown_when: Condition | None = None) -> Question:
    return Question(code=code, label=label, form=Form.LINE, hint=hint, shown_when=shown_when)


def text(code: str, label: str, *, hint: str = "") -> Question:
    return Question(code=code, label=label, form=Form.TEXT, hint=hint)


V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Rule(Generic[V]):
    """``value`` applies if every condition holds; without conditions, always."""

    value: V
    conditions: tuple[Condition, ...] = ()

    def holds(self, answers: Answers) -> bool:
        return all(condition.holds(answers) for condition in self.conditions)


def rule(value: V, *conditions: Condition) -> Rule[V]:
    return Rule(value, conditions)


def first_match(rules: Sequence[Rule[V]], answers: Answers) -> V:
    """The last rule has no condition, so that there is always a value."""
    return next(candidate.value for candidate in rules if candidate.holds(answers))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """In a rule list the first match wins; the last rule is unconditional."""

    code: str
    title: str
    summary: str
    pictogram: str  # name of a symbol in static/pictograms/sprite.svg
    act_now: tuple[str, ...]
    do_not: tuple[str, ...]
    ongoing_label: str  # wording of "is it still going on?" for this kind
    questions: tuple[Question, ...]
    decisive: str  # code of the question that even the shortest report asks
    severity: tuple[Rule[Severity], ...]
    personal_data: Tristate  # what an unanswered personal-data question counts as
    domains: tuple[Rule[tuple[Domain, ...]], ...]
    cnil_origin: tuple[Rule[str], ...]  # a CnilOrigin; empty if none applies
    rsit: tuple[Rule[str], ...]  # a predicate:value of the MISP "rsit" taxonomy
    checklist: tuple[str, ...]  # for the manager, French
    can_be_found: bool = False  # about something missing that may be found again
    exposes_when: tuple[Condition, ...] = ()  # if all hold, unanswered personal data counts as unknown

    def question(self, code: str) -> Question | None:
        return next((question for question in self.questions if question.code == code), None)

    def personal_data_unasked(self, answers: Answers) -> Tristate:
        exposed = self.exposes_when and all(condition.holds(answers) for condition in self.exposes_when)
        return Tristate.UNKNOWN if exposed else self.personal_data
