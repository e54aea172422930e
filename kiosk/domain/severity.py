"""Severity of a report."""

from kiosk.domain.worded import Worded


class Severity(Worded):
    """The most severe first."""

    CRITICAL = "critical", "critique"
    HIGH = "high", "élevé"
    NORMAL = "normal", "normal"

    @property
    def rank(self) -> int:
        """0 is the most severe."""
        return list(Severity).index(self)
