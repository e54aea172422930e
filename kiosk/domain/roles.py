"""Staff roles, and what each of them may do."""

from dataclasses import dataclass

from kiosk.domain.worded import Worded


class StaffRole(Worded):
    """Role of an account."""

    MANAGER = "manager", "responsable d'immeuble"
    DEPUTY = "deputy", "suppléant"
    AUTHORISED = "authorised", "personnel habilité"
    MSSI = "mssi", "MSSI"
    DPO = "dpo", "DPO"


@dataclass(frozen=True, slots=True)
class Actor:
    """``name`` is the sign-in name, which the trace keeps; ``display_name`` is for people."""

    name: str
    display_name: str
    role: StaffRole


ALL_ROLES = tuple(StaffRole)
READERS = (StaffRole.MANAGER, StaffRole.DEPUTY, StaffRole.MSSI, StaffRole.DPO)  # who open reports
ACTORS = (StaffRole.MANAGER, StaffRole.DEPUTY, StaffRole.MSSI)  # who take, close and answer them
DECIDERS = (StaffRole.DPO, StaffRole.MSSI)  # whether the CNIL is told
COUNTERS = (StaffRole.DPO,)  # in whose lists each report tells how much of the 72 hours is left
HOLDERS = (StaffRole.MANAGER, StaffRole.MSSI, StaffRole.DPO)  # who may keep a report beyond its time
ENTERERS = (StaffRole.MANAGER, StaffRole.DEPUTY, StaffRole.AUTHORISED, StaffRole.MSSI)  # who enter one for somebody
READING = READERS  # the name under which `kiosk init` asks for them
