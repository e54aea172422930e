"""Forms of the staff console: WTForms with their French texts.

The session's own token is checked before any view (see access/permissions.py), so no form has a field for it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import chain
from typing import Any, ClassVar, Generic, TypeVar

from wtforms import Field, Form

from kiosk.domain.text import clean_text
from kiosk.domain.worded import Worded

E = TypeVar("E", bound=Worded)


class StaffForm(Form):  # type: ignore[misc]
    """Form of a POST route. ``act`` says what it is for, where it has to be confirmed after the session's end."""

    act: ClassVar[str] = ""

    @property
    def first_error(self) -> tuple[str, str] | None:
        """Its field and its words; an error about the whole form has no field and comes first."""
        whole = (("", str(error)) for error in self.form_errors)
        return next(chain(whole, ((field.id, str(error)) for field in self for error in field.errors)), None)

    @property
    def objection(self) -> str:
        return self.first_error[1] if self.first_error else ""


class ButtonForm(StaffForm):
    """Form without fields. ``because`` says why its route needs none."""

    because: ClassVar[str]


class StaffField(Field):  # type: ignore[misc]
    """Field that takes its first value as it comes."""

    data: Any

    def process_data(self, value: Any) -> None:  # noqa: ANN401 - what the page begins with
        self.data = self._clean("") if value is None else value

    def process_formdata(self, given: Sequence[str]) -> None:
        self.data = self._clean(given[0] if given else "")

    def _clean(self, typed: str) -> Any:  # noqa: ANN401 - what a field makes of it
        return typed

    @property
    def told(self) -> str:
        """What was typed or chosen, as people read it; empty for what is for machines alone."""
        return self.data or ""


class HiddenCode(StaffField):
    """Value for machines, or one that is shown nowhere."""

    data: str

    @property
    def told(self) -> str:
        return ""


class Secret(HiddenCode):
    """Password, kept letter for letter."""


class TypedLine(StaffField):
    data: str

    def _clean(self, typed: str) -> str:
        return typed.strip()


class TypedDay(TypedLine):
    @property
    def told(self) -> str:
        try:
            return f"{date.fromisoformat(self.data):%d/%m/%Y}"
        except (TypeError, ValueError):
            return self.data or ""


class TypedText(StaffField):
    """Several lines."""

    data: str

    def _clean(self, typed: str) -> str:
        return clean_text(typed)


class OneOf(StaffField, Generic[E]):
    """Member of an enumeration; None for anything else."""

    data: E | None

    def __init__(self, label: str, members: Sequence[E], **binding: Any) -> None:  # noqa: ANN401 - see Field
        super().__init__(label, **binding)
        self.members = members

    def _clean(self, typed: str) -> E | None:
        return next((member for member in self.members if member == typed), None)

    @property
    def told(self) -> str:
        return self.data.french if self.data else ""


class Offered(StaffField):
    """Code of a choice that the page offers: ``choices`` gives codes and words."""

    data: str

    def __init__(self, label: str, choices: Callable[[], Mapping[str, str]], **binding: Any) -> None:  # noqa: ANN401 - see Field
        super().__init__(label, **binding)
        self.choices = choices

    @property
    def told(self) -> str:
        return self.choices().get(self.data, "") if self.data else ""
