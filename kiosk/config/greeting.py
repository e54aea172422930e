"""Greeting name (EHLO): what the kiosk calls itself to a relay. Many relays demand a full name (RFC 5321 §4.1.1.1)."""

import queue
import re
import socket
import threading
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

PATIENCE = 5.0  # seconds: the resolver has no limit of its own
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
FULL_NAME = re.compile(rf"(?:{LABEL}\.)+{LABEL}")
LITERAL = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f.:]+)\]")
# Names that no other machine knows.
OURS_ALONE = (".local", ".localdomain", ".localhost", ".lan", ".home", ".internal", ".home.arpa")


def is_full(name: str) -> bool:
    return FULL_NAME.fullmatch(name) is not None and len(name) <= 253 and not name.rpartition(".")[2].isdigit()


def is_greeting(name: str) -> bool:
    """A full name, or an address in brackets."""
    found = LITERAL.fullmatch(name)
    return _is_address(name) if found else is_full(name)


def literal(address: str) -> str:
    """Of an address as a socket gives it."""
    found = ip_address(address.partition("%")[0])
    return f"[IPv6:{found}]" if isinstance(found, IPv6Address) else f"[{found}]"


@lru_cache
def full_name() -> str:
    """This machine's own name, empty unless it has a dot. Looked up once for each process."""
    name = socket.gethostname()
    return name if is_full(name) else _looked_up()


def is_doubtful(name: str) -> bool:
    """An address literal (empty name), or a name that means nothing outside."""
    return not name or f".{name}".lower().endswith(OURS_ALONE)


def _looked_up() -> str:
    answer: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=lambda: answer.put(socket.getfqdn()), name="resolver", daemon=True).start()
    try:
        name = answer.get(timeout=PATIENCE)
    except queue.Empty:
        return ""
    return name if is_full(name) and not f".{name}".lower().endswith((".localhost", ".localdomain")) else ""


def _is_address(name: str) -> bool:
    try:
        return name == literal(name.strip("[]").removeprefix("IPv6:"))
    except ValueError:
        return False
