"""Handling of a report: promised delays, outcomes, reasons to hide or hold it."""

from enum import StrEnum

from kiosk.domain.worded import Worded


class ReportState(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class Eta(Worded):
    QUARTER = "15min", "15 min"
    HOUR = "1h", "1 h"
    TODAY = "today", "aujourd'hui"
    TOMORROW = "tomorrow", "demain"

    @property
    def promise(self) -> str:
        """``d'ici 1 h``, ``demain``"""
        return f"d'ici {self.french}" if self in (Eta.QUARTER, Eta.HOUR) else self.french


class Outcome(Worded):
    RESOLVED = "resolved", "incident traité"
    FALSE_ALARM = "false_alarm", "fausse alerte"
    TRANSFERRED = "transferred", "transmis à un autre service"
    DUPLICATE = "duplicate", "déjà signalé"
    FOUND = "found", "retrouvé, d'après l'intervenant"
    OTHER = "other", "autre issue"


class HiddenAs(Worded):
    TEST = "test", "essai"
    SPAM = "spam", "indésirable"

    @property
    def sentence(self) -> str:
        return "c'était un essai" if self is HiddenAs.TEST else "ce n'était pas un signalement"


class HoldReason(Worded):
    """Reason for keeping a report beyond its retention."""

    LITIGATION = "litigation", "litige"
    INQUIRY = "inquiry", "enquête"
    AUTHORITY = "authority", "demande d'une autorité"
    OTHER = "other", "autre motif"


def ending_words(code: str) -> str:
    """For an outcome or a reason for hiding; an unknown code as it is."""
    hidden = next((reason.sentence for reason in HiddenAs if reason == code), "")
    return hidden or Outcome.word(code)
