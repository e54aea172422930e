"""Draft of an addition to a report, as typed in the follow-up form."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flask_babel import format_number

from kiosk.domain.submission import Submission
from kiosk.domain.text import clean_text
from kiosk.reporting.add import ADDITION_LIMIT
from kiosk.web.shared.texts import gettext as _

FOUND = "found"


@dataclass(frozen=True, slots=True)
class Draft:
    """``found``: what was missing has been found; otherwise a detail."""

    submission: Submission = field(default_factory=Submission)
    found: bool = False
    text: str = ""

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "Draft":
        submission = Submission.posted(said.get("submission_id")) or Submission()
        return cls(submission, said.get("says") == FOUND, clean_text(said.get("text", "")))

    def renewed(self) -> "Draft":
        """The author of a foreign page may know the posted id."""
        return replace(self, submission=Submission())

    @property
    def error(self) -> str:
        """Empty when the draft can be sent."""
        if len(self.text) > ADDITION_LIMIT:
            return _too_long(len(self.text))
        empty: str = _("Écrivez d'abord ce que vous voulez ajouter.")
        return "" if self.text or self.found else empty


def _too_long(length: int) -> str:
    said: str = _(
        "Ce texte est trop long : %(length)s caractères, %(limit)s au plus. "
        "Rien n'est perdu : raccourcissez-le, puis envoyez de nouveau.",
        length=format_number(length),
        limit=format_number(ADDITION_LIMIT),
    )
    return said
