"""Addresses: mail addresses, host names, web addresses, and host names that mean this machine."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# A mailbox of RFC 5321 §4.1.2 without quoted local parts: enough to catch a typing error.
MAIL_ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@.{{1,189}}\Z){ATOM}(?:\.{ATOM})*@{LABEL}(?:\.{LABEL})*")
HOST_NAME = re.compile(r"(?=.{1,253}\Z)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.(?!\Z)|\Z))+")
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")  # as in a URL


def host_of(address: str) -> str:
    """Host of ``HOST:PORT``, an IPv6 address without its brackets."""
    return address.rpartition(":")[0].strip("[]")


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # a name such as 127.example may resolve to anything
        return False


def is_ip(host: str) -> bool:
    """An IPv6 address has no brackets."""
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def is_host(host: str) -> bool:
    """Name or IP address that a machine can have."""
    if is_ip(host):
        return True
    try:
        name = host.removesuffix(".").encode("idna").decode("ascii")
    except UnicodeError:
        return False
    return bool(HOST_NAME.fullmatch(name)) and not name.rpartition(".")[2].isdecimal()


def is_web_address(address: str) -> bool:
    """``http(s)://HOST[:PORT]`` and nothing behind it."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    plain = not (parts.username or parts.password or parts.query or parts.fragment or re.search(r"\s", address))
    known = parts.scheme in ("http", "https") and parts.path in ("", "/")
    return plain and known and port != 0 and is_host(parts.hostname or "")
