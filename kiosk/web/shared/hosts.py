"""Host header check against DNS rebinding: a door answers only under its known names."""

from collections.abc import Sequence
from ipaddress import AddressValueError, IPv6Address

from flask import Flask, request
from werkzeug.exceptions import SecurityError
from werkzeug.sansio.utils import host_is_trusted

from kiosk.domain.addresses import LOOPBACK_NAMES, is_loopback
from kiosk.web.shared.url_headers import parse_host

# What a proxy adds. The door believes them from ``web.proxy`` alone, and keeps all: they show a proxy nobody has named.
PROXY_HEADERS = (
    *("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Server", "Forwarded"),
    *("Via", "X-Real-IP"),
)


def install(app: Flask, names: Sequence[str]) -> None:
    """``names``: besides the loopback names. Flask's TRUSTED_HOSTS cannot name an IPv6 address."""
    trusted = (*LOOPBACK_NAMES, *names)

    def judge() -> None:
        if not is_trusted(request.host, trusted):
            raise SecurityError

    app.before_request(judge)


def comes_from_here() -> bool:
    """From this machine, not through a proxy, not under a public name."""
    if passed_a_proxy():
        return False
    return all(is_loopback(name) for name in (request.remote_addr or "", parse_host(request.host).hostname))


def passed_a_proxy() -> bool:
    return any(header in request.headers for header in PROXY_HEADERS)


def is_trusted(host: str, names: Sequence[str]) -> bool:
    """``host``: the Host header, with its port."""
    addresses = {address for name in names if (address := _address(name))}
    if address := _address(host):
        return address in addresses
    plain = [name for name in names if ":" not in name]
    return bool(plain) and host_is_trusted(host, plain)


def _address(host: str) -> IPv6Address | None:
    """IPv6 address of ``[::1]:8080``, ``[::1]`` or ``::1``; None for anything else."""
    try:
        return IPv6Address(host.removeprefix("[").partition("]")[0])
    except AddressValueError:
        return None
