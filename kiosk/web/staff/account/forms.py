"""Account forms: passwords, sessions, second factors, confirmation of a colleague."""

from kiosk.domain.worded import Worded
from kiosk.web.staff.shared.forms import ButtonForm, HiddenCode, OneOf, Secret, StaffForm


class KnownToOthers(Worded):
    NO = "no", "non"
    YES = "yes", "oui, ou peut-être"


class FirstPasswordForm(StaffForm):
    password = Secret(
        "Nouveau mot de passe",
        description="12 caractères au moins, sans autre règle. Le plus simple : quatre mots qui ne vont pas ensemble.",
    )
    password_again = Secret("Le même, une seconde fois")


class ChangePasswordForm(FirstPasswordForm):
    current = Secret("Mot de passe actuel")
    known = OneOf("Quelqu'un d'autre connaît-il le mot de passe actuel ?", tuple(KnownToOthers))


class ConfirmForm(StaffForm):
    """``fingerprint``: as the page showed it."""

    act = "Confirmer un collègue"
    fingerprint = HiddenCode()


class EndSessionForm(ButtonForm):
    because = "the address holds the number of the session"


class KeepAliveForm(ButtonForm):
    because = "it only says that somebody is at work"


class EndOwnSessionForm(StaffForm):
    session = HiddenCode()
    current = Secret("Mot de passe", id="end-current")


class ChangeFactorsForm(StaffForm):
    """``act``: ``add``, ``codes``, or the number of the factor to remove."""

    act = HiddenCode()
    current = Secret("Mot de passe")
