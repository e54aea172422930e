"""WTForms settings of all forms."""

from typing import Any

from wtforms import Field, Form
from wtforms.fields.core import UnboundField


class FormMeta:
    """``class Meta`` of a form: its fields do not hold it.

    Otherwise each keeps the other, and what was typed, in memory until Python next looks for such circles.
    """

    def bind_field(self, form: Form, unbound_field: UnboundField, options: dict[str, Any]) -> Field:
        field: Field = super().bind_field(form, unbound_field, options)  # type: ignore[misc]
        field._form = None
        return field
