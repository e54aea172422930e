"""Who acts, in which role, and what each role may do."""

from dataclasses import dataclass
from enum import StrEnum

READING = ("manager", "deputy", "mssi", "dpo")  # the roles that open reports; `authorised` writes and reads nothing


@dataclass(frozen=True, slots=True)
class Actor:
    """``name`` is the sign-in name, which the trace keeps; ``display_name`` is for people; ``role`` as in accounts."""

    name: str
    display_name: str
    role: str


class StaffRole(StrEnum):
    MANAGER = "manager"
    DEPUTY = "deputy"
    AUTHORISED = "authorised"
    MSSI = "mssi"
    DPO = "dpo"


READERS = (StaffRole.MANAGER, StaffRole.DEPUTY, StaffRole.MSSI, StaffRole.DPO)
ACTORS = (StaffRole.MANAGER, StaffRole.DEPUTY, StaffRole.MSSI)
DECIDERS = (StaffRole.DPO, StaffRole.MSSI)  # whether the CNIL is told
HOLDERS = (StaffRole.MANAGER, StaffRole.MSSI, StaffRole.DPO)  # who may keep a report beyond its time
ENTERERS = (StaffRole.MANAGER, StaffRole.DEPUTY, StaffRole.AUTHORISED, StaffRole.MSSI)
