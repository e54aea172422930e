"""Disk room: how many more reports fit before the reserve is reached.

Figures are for a report with 1 kB of text whose mails go to three audiences. tests/smtp/test_disk_cost.py measures them
and fails when one is wrong by more than a third.
"""

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024

KEPT = 6 * 1024  # bytes that a report costs for good, trace and deliveries included
WAITING = 22 * 1024  # bytes that it costs, these included, while its mails wait

# Bytes that stay free: for the log, acts of staff, and what is sent to a terminal that says it is out of service. None
# for the copy that a backup makes: a large database must not put a terminal out of service while reports still fit.
RESERVE = 300 * MEBIBYTE

# Reports that still fit.
NEAR = 2_000  # below: red
EARLY = 20_000  # below: amber; at 1 000 junk reports an hour almost a day before the reserve


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskRoom:
    """Bytes. ``free``: to this user, on the disk; ``reusable``: free pages inside the database, which never shrinks."""

    free: int
    reusable: int = 0

    @property
    def reports(self) -> int:
        """0 means out of service."""
        return 0 if self.free < RESERVE else (self.reusable + self.free - RESERVE) // WAITING

    @property
    def french(self) -> str:
        free, more = _thousands(self.free // MEBIBYTE), _thousands(self.reports)
        reports = "signalement" if self.reports < 2 else "signalements"
        return f"{free} Mio libres, place pour encore {more} {reports} d'un millier de lettres"


def _thousands(number: int) -> str:
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
