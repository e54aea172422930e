"""How severe a report is."""

from kiosk.domain.worded import Worded


class Severity(Worded):
    """Severity levels, the most severe first."""

    CRITICAL = "critical", "critique"
    HIGH = "high", "élevé"
    NORMAL = "normal", "normal"

    @property
    def rank(self) -> int:
        """0 is the most severe."""
        return list(Severity).index(self)
