"""Staff door settings: session timeout, HTTPS, second factor."""

from collections.abc import Iterator
from dataclasses import dataclass

from kiosk.config.table import Fault, Table, outside
from kiosk.domain.roles import StaffRole

SHORTEST_IDLE, LONGEST_IDLE = 60, 8 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff(Table):
    """``idle``: session timeout in seconds. ``tls``: a proxy in front of the door speaks HTTPS.

    ``second_factor``: roles that must have one; the others may.
    """

    idle: int = 1800
    tls: bool = False
    second_factor: tuple[StaffRole, ...] = ()

    def faults(self) -> Iterator[Fault]:
        yield from outside("idle", self.idle, SHORTEST_IDLE, LONGEST_IDLE, "secondes")
