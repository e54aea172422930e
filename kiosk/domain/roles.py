"""Staff roles and their permissions."""

from dataclasses import dataclass

from kiosk.domain.worded import Worded


class StaffRole(Worded):
    MANAGER = "manager", "responsable d'immeuble"
    DEPUTY = "deputy", "suppléant"
    AUTHORISED = "authorised", "personnel habilité"
    MSSI = "mssi", "MSSI"
    DPO = "dpo", "DPO"


@dataclass(frozen=True, slots=True)
class Actor:
    """``name``: sign-in name, kept in the trace; ``display_name``: for people."""

    name: str
    display_name: str
    role: StaffRole


ALL_ROLES = tuple(StaffRole)
READERS = (StaffRole.MANAGER, StaffRole.DEPUTY, StaffRole.MSSI, StaffRole.DPO)  # open reports
ACTORS = (StaffRole.MANAGER, StaffRole.DEPUTY, StaffRole.MSSI)  # take, close and answer reports
DECIDERS = (StaffRole.DPO, StaffRole.MSSI)  # decide whether the CNIL is notified
COUNTERS = (StaffRole.DPO,)  # see the time left of the 72 hours in their lists
HOLDERS = (StaffRole.MANAGER, StaffRole.MSSI, StaffRole.DPO)  # may keep a report beyond its retention
CONFIRMERS = (StaffRole.MANAGER, StaffRole.MSSI)  # see the accounts, compare a newcomer's fingerprint
ENTERERS = (StaffRole.MANAGER, StaffRole.DEPUTY, StaffRole.AUTHORISED, StaffRole.MSSI)  # enter a report for somebody
