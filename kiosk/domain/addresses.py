"""Mail address pattern, and host names that mean this machine."""

import re
from ipaddress import ip_address

# A mailbox of RFC 5321 §4.1.2 without quoted local parts: enough to catch a typing error.
MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")  # as in a URL


def host_of(address: str) -> str:
    """Host of ``HOST:PORT``, an IPv6 address without its brackets."""
    return address.rpartition(":")[0].strip("[]")


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # a name such as 127.example may resolve to anything
        return False
