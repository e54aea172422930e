"""Account forms: first password, password change, end of another session."""

from kiosk.web.staff.shared.forms import ButtonForm, Secret, StaffForm


class FirstPasswordForm(StaffForm):
    password = Secret(
        "Nouveau mot de passe",
        description="12 caractères au moins, sans autre règle. Le plus simple : quatre mots qui ne vont pas ensemble.",
    )
    password_again = Secret("Le même, une seconde fois")


class ChangePasswordForm(FirstPasswordForm):
    current = Secret("Mot de passe actuel")


class EndSessionForm(ButtonForm):
    because = "the address holds the number of the session"
