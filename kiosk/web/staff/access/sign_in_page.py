"""Page of the sign-in: its form, and what it says."""

from dataclasses import dataclass, field

from kiosk.web.staff.shared.forms import ButtonForm, HiddenCode, Secret, StaffForm, TypedLine


class SignInForm(StaffForm):
    """``next``: the page to go to; ``stale``: an expired form, to be confirmed afterwards."""

    next = HiddenCode()
    stale = HiddenCode()
    name = TypedLine("Nom de connexion")
    password = Secret("Mot de passe")


class SignOutForm(ButtonForm):
    because = "it ends the session that the request belongs to"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPage:
    """``wait`` in seconds, before another attempt; ``over``: a session has ended on a page that was left open;
    ``expired``: the text of an expired form.
    """

    form: SignInForm = field(default_factory=SignInForm)
    wait: int = 0
    refused: bool = False
    over: bool = False
    expired: str = ""
