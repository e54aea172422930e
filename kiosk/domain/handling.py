"""Handling of a report by staff: promised delays, outcomes, reasons for hiding or holding it."""

from kiosk.domain.worded import Worded


class Eta(Worded):
    """Delay that the taker of a report promises."""

    QUARTER = "15min", "15 min"
    HOUR = "1h", "1 h"
    TODAY = "today", "aujourd'hui"
    TOMORROW = "tomorrow", "demain"

    @property
    def promise(self) -> str:
        """``d'ici 1 h``, ``demain``"""
        return f"d'ici {self.french}" if self in (Eta.QUARTER, Eta.HOUR) else self.french


class Outcome(Worded):
    """Outcome with which a report was closed."""

    RESOLVED = "resolved", "incident traité"
    FALSE_ALARM = "false_alarm", "fausse alerte"
    TRANSFERRED = "transferred", "transmis à un autre service"
    DUPLICATE = "duplicate", "déjà signalé"
    FOUND = "found", "retrouvé, d'après l'intervenant"
    OTHER = "other", "autre issue"


class HiddenAs(Worded):
    """Why a report is hidden."""

    TEST = "test", "essai"
    SPAM = "spam", "indésirable"

    @property
    def sentence(self) -> str:
        return "c'était un essai" if self is HiddenAs.TEST else "ce n'était pas un signalement"


class HoldReason(Worded):
    """Why a report must be kept beyond its time."""

    LITIGATION = "litigation", "litige"
    INQUIRY = "inquiry", "enquête"
    AUTHORITY = "authority", "demande d'une autorité"
    OTHER = "other", "autre motif"


def ending_words(code: str) -> str:
    """What a report ended with, an outcome or a reason for hiding it; the code itself when it is unknown."""
    hidden = next((reason.sentence for reason in HiddenAs if reason == code), "")
    return hidden or Outcome.word(code)
