"""Target of a sign-in: the page that was wanted, or the form that came too late."""

from dataclasses import dataclass
from typing import Self

from flask import redirect
from flask.typing import ResponseReturnValue

from kiosk.web.staff.access import expired_form
from kiosk.web.staff.access.permissions import is_our_form, our_address
from kiosk.web.staff.access.sign_in_page import OnwardForm


@dataclass(frozen=True, slots=True)
class Onward:
    """``expired``: ExpiredForm as text, or empty."""

    next: str = "/"
    expired: str = ""

    @classmethod
    def posted(cls, form: OnwardForm) -> Self:
        expired = expired_form.from_text(form.stale.data)
        return cls(our_address(form.next.data), expired.as_text() if expired else "")

    def answer(self) -> ResponseReturnValue:
        """For somebody who is signed in."""
        expired = expired_form.from_text(self.expired)
        if expired and is_our_form(expired.action):
            return expired_form.confirmation(expired)
        return redirect(self.next, 303)
