"""Forms about a line of similar reports. ``seen``: the newest event that the page knew."""

from wtforms.validators import DataRequired

from kiosk.domain.handling import Eta, HiddenAs
from kiosk.duty.line_acts import Seen
from kiosk.web.staff.report.forms import CloseForm
from kiosk.web.staff.shared.forms import HiddenCode, OneOf, StaffForm, TypedLine


class LineForm(StaffForm):
    seen = HiddenCode()

    def seen_of(self, reference: str) -> Seen | None:
        """None unless a page of ours said what it knew."""
        typed = self.seen.data
        return Seen(reference, int(typed)) if typed.isascii() and typed.isdecimal() and len(typed) < 16 else None


class TakeLineForm(LineForm):
    act = "Prendre les signalements semblables en charge"
    eta = OneOf("Délai", list(Eta))


class CloseLineForm(LineForm, CloseForm):
    act = "Clore les signalements semblables"
    repeats = TypedLine("Ils répètent")
    confirmed = HiddenCode()


class MarkLineForm(LineForm):
    act = "Masquer les signalements semblables"
    hidden_as = OneOf("Comme", list(HiddenAs), name="as", validators=[DataRequired()])
    confirmed = HiddenCode()
