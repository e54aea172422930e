"""Form fields for answers.

Unknown choices are dropped, damaged text is cleaned, both are flagged. Only a text over its limit is refused.
"""

from collections.abc import Sequence

from flask_babel import format_number
from wtforms import Field
from wtforms.validators import ValidationError

from kiosk.domain.catalogue import Form, Question
from kiosk.domain.text import DESCRIPTION_LIMIT, LINE_LIMIT, clean_line, clean_text, is_mangled
from kiosk.web.shared.texts import gettext as _


class QuestionField(Field):  # type: ignore[misc]
    """``data``: None or empty without an answer. ``dropped``: an unknown choice came; ``mangled``: damaged text."""

    def __init__(self, question: Question, **binding: object) -> None:
        super().__init__(label=question.label, **binding)
        self.question = question
        self.dropped = False
        self.mangled = False

    @property
    def answered(self) -> bool:
        return bool(self.data) or self.dropped

    @property
    def told(self) -> str:
        """In French; empty without an answer."""
        given = (self.data,) if isinstance(self.data, str) else self.data or ()
        return ", ".join(self.question.choice_label(answer) for answer in given)

    def _known(self, given: Sequence[str]) -> list[str]:
        codes = [choice.code for choice in self.question.choices]
        self.dropped = any(code not in codes for code in given)
        return [code for code in codes if code in given]


class OneField(QuestionField):
    """The first value that is not empty counts."""

    def process_formdata(self, given: Sequence[str]) -> None:
        self.data = next(iter(self._known(_first(given))), None)


class SeveralField(QuestionField):
    def process_formdata(self, given: Sequence[str]) -> None:
        self.data = tuple(self._known([value for value in given if value])) or None


class LineField(QuestionField):
    limit = LINE_LIMIT

    def process_formdata(self, given: Sequence[str]) -> None:
        typed = "".join(_first(given))
        self.data = self._clean(typed)
        self.mangled = not self.too_long and is_mangled(typed)  # the look is costly, and a longer text is sent back

    def _clean(self, typed: str) -> str:
        return clean_line(typed)

    @property
    def too_long(self) -> bool:
        return len(self.data or "") > self.limit

    def pre_validate(self, form: object) -> None:
        if self.too_long:
            raise ValidationError(
                _(
                    "Ce texte est trop long : %(length)s caractères, %(limit)s au plus. "
                    "Rien n'est perdu : raccourcissez-le, puis envoyez de nouveau.",
                    length=format_number(len(self.data)),
                    limit=format_number(self.limit),
                )
            )


class TextField(LineField):
    limit = DESCRIPTION_LIMIT

    def _clean(self, typed: str) -> str:
        return clean_text(typed)


FIELD_FOR: dict[Form, type[QuestionField]] = {
    Form.ONE: OneField,
    Form.SEVERAL: SeveralField,
    Form.LINE: LineField,
    Form.TEXT: TextField,
}


def _first(given: Sequence[str]) -> list[str]:
    return [value for value in given if value][:1]
