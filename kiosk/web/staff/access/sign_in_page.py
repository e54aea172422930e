"""Sign-in page."""

from dataclasses import dataclass, field

from kiosk.web.staff.shared.forms import ButtonForm, HiddenCode, Secret, StaffForm, TypedLine


class OnwardForm(StaffForm):
    """``next``: page to open afterwards; ``stale``: expired form to confirm afterwards."""

    next = HiddenCode()
    stale = HiddenCode()


class SignInForm(OnwardForm):
    name = TypedLine("Nom de connexion")
    password = Secret("Mot de passe")


class SignOutForm(ButtonForm):
    because = "it ends the session that the request belongs to"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPage:
    """``wait``: in seconds; ``over``: the session ended on an open page; ``expired``: ExpiredForm as text."""

    form: SignInForm = field(default_factory=SignInForm)
    wait: int = 0
    refused: bool = False
    over: bool = False
    expired: str = ""
