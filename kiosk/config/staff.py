"""The staff's door: how long a session may rest, and whether browsers reach it by HTTPS."""

from dataclasses import dataclass
from ipaddress import ip_address

from kiosk.errors import SettingsError

SHORTEST_IDLE, LONGEST_IDLE = 60, 8 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """``idle`` in seconds: how long a session lasts without use. ``tls``: a proxy before the door speaks HTTPS."""

    idle: int = 1800
    tls: bool = False


def check_staff(staff: Staff, *, proxy: str) -> None:
    """Raises SettingsError. ``proxy``: whose word about the visitor's address and about HTTPS the doors believe."""
    if not SHORTEST_IDLE <= staff.idle <= LONGEST_IDLE:
        raise SettingsError(f"«staff.idle» must lie between {SHORTEST_IDLE} and {LONGEST_IDLE} seconds.")
    if not proxy:
        return
    try:
        ip_address(proxy)
    except ValueError as error:
        raise SettingsError("«web.proxy» must be the address of the proxy, such as 127.0.0.1.") from error
