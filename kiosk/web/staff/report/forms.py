"""Forms of the report page."""

from wtforms.validators import DataRequired, Length

from kiosk.domain.handling import Eta, HiddenAs, HoldReason, Outcome
from kiosk.domain.submission import Submission
from kiosk.reporting.reply import REPLY_LIMIT
from kiosk.web.staff.shared.forms import ButtonForm, HiddenCode, OneOf, StaffForm, TypedLine, TypedText

TEXT_LIMIT = REPLY_LIMIT  # characters, of a note too
OUTCOMES = [outcome for outcome in Outcome if outcome != Outcome.FOUND]  # only the reporter can say that it was found

NOT_EMPTY = DataRequired("Écrivez quelques mots avant d'enregistrer.")
NOT_TOO_LONG = Length(
    max=TEXT_LIMIT, message=f"C'est trop long : {TEXT_LIMIT} caractères au plus. Rien n'est perdu, raccourcissez."
)


class ReportButton(ButtonForm):
    because = "the address names the report and the act"


class AcknowledgeForm(StaffForm):
    act = "Prendre le signalement en charge"
    eta = OneOf("Délai", list(Eta))


class TakeOverForm(AcknowledgeForm):
    act = "Reprendre le signalement"


class NoteForm(StaffForm):
    act = "Ajouter une note"
    note = TypedText("Note", validators=[NOT_EMPTY, NOT_TOO_LONG], description="Lue par les équipes seulement.")


class ReplyForm(StaffForm):
    """``submission_id``: the idempotency key."""

    act = "Répondre au déclarant"
    submission_id = HiddenCode()
    reply = TypedText(
        "Réponse",
        validators=[NOT_EMPTY, NOT_TOO_LONG],
        description=(
            "La personne la lit avec son code de suivi, à n'importe quelle borne. Votre nom n'est pas montré."
        ),
    )

    def submission(self) -> Submission:
        """The posted id, or a new one if there is no valid one."""
        given = Submission.posted(self.submission_id.data) or Submission()
        self.submission_id.data = str(given.id)
        return given


class CloseForm(StaffForm):
    act = "Clore le signalement"
    outcome = OneOf("Issue", OUTCOMES, validators=[DataRequired("Choisissez une issue.")])
    note = TypedText(
        "Ce qui a été fait", id="closing-note", validators=[NOT_TOO_LONG], description="facultatif, gardé en note"
    )
    repeats = TypedLine("Il répète")
    repeats_typed = TypedLine("Ou la référence du premier", id="repeats-typed", description="facultatif")


class ReopenForm(ReportButton):
    act = "Rouvrir le signalement"


class MarkForm(StaffForm):
    act = "Masquer le signalement"
    hidden_as = OneOf("Comme", list(HiddenAs), name="as")


class UnmarkForm(ReportButton):
    act = "Ne plus masquer le signalement"


class RetryForm(ReportButton):
    act = "Renvoyer les courriels"


class HoldForm(StaffForm):
    act = "Geler le signalement"
    reason = OneOf(
        "Motif", list(HoldReason), description="Pourquoi ? Rien n'en est effacé tant que le gel n'est pas levé."
    )


class ReleaseForm(ReportButton):
    act = "Lever le gel"


class ExportForm(ReportButton):
    act = "Emporter le dossier du signalement"
