"""Base classes and fields of console forms (WTForms).

Forms declare no CSRF field: access/permissions.py checks the token before the view runs.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import chain
from typing import Any, ClassVar, Generic, TypeVar

from wtforms import Field, Form

from kiosk.domain.text import clean_text
from kiosk.domain.worded import Worded
from kiosk.web.shared.form_meta import FormMeta

E = TypeVar("E", bound=Worded)


class StaffForm(Form):  # type: ignore[misc]
    """Form of a POST route. ``act``: its purpose in French, shown when an expired form is confirmed."""

    Meta = FormMeta
    act: ClassVar[str] = ""

    @property
    def first_error(self) -> tuple[str, str] | None:
        """(field id, text). An error about the whole form comes first, with an empty id."""
        whole = (("", str(error)) for error in self.form_errors)
        return next(chain(whole, ((field.id, str(error)) for field in self for error in field.errors)), None)

    @property
    def objection(self) -> str:
        return self.first_error[1] if self.first_error else ""


class ButtonForm(StaffForm):
    """Form without fields; ``because`` says why its route needs none."""

    because: ClassVar[str]


class StaffField(Field):  # type: ignore[misc]
    """Field of one value. Only posted values are cleaned."""

    data: Any

    def process_data(self, value: Any) -> None:  # noqa: ANN401 - what the page begins with
        self.data = self._clean("") if value is None else value

    def process_formdata(self, given: Sequence[str]) -> None:
        self.data = self._clean(given[0] if given else "")

    def _clean(self, typed: str) -> Any:  # noqa: ANN401 - what a field makes of it
        return typed

    @property
    def told(self) -> str:
        """Value as shown to people; empty if it is never shown."""
        return self.data or ""


class HiddenCode(StaffField):
    """Value that is never shown."""

    data: str

    @property
    def told(self) -> str:
        return ""


class Secret(HiddenCode):
    """Password, not stripped or cleaned."""


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
    """Text of several lines."""

    data: str

    def _clean(self, typed: str) -> str:
        return clean_text(typed)


class OneOf(StaffField, Generic[E]):
    """Member of an enumeration; None for any other value."""

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
    """``choices``: words by code. Unknown codes are kept; callers must check."""

    data: str

    def __init__(self, label: str, choices: Callable[[], Mapping[str, str]], **binding: Any) -> None:  # noqa: ANN401 - see Field
        super().__init__(label, **binding)
        self.choices = choices

    @property
    def told(self) -> str:
        return self.choices().get(self.data, "") if self.data else ""
