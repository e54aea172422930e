"""Mail settings: senders, times, signature, SMTP relay."""

import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import Any

from kiosk.config.audiences import MSSI_ADDRESS
from kiosk.config.duty import LocalTime
from kiosk.config.greeting import full_name, is_greeting
from kiosk.config.table import ADDRESS_WANTED, Fault, Table, outside
from kiosk.domain.addresses import MAIL_ADDRESS, is_host, is_web_address


class Security(StrEnum):
    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"

    @property
    def default_port(self) -> int:
        return {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail(Table):
    """``sender``: From header; ``bounce``: envelope sender, a mailbox that somebody reads; answers go to ``reply_to``.

    ``daily_at``: French local time. ``alarm_after``: minutes that a trouble, or its end, lasts before it is mailed.
    ``alone_per_hour``: reports that leave alone to one audience in a rolling hour, those beyond in a digest each
    ``digest_every`` minutes; 0 for all.
    ``signing_…``: PEM files, relative to the instance.
    """

    sender: str = MSSI_ADDRESS
    bounce: str = MSSI_ADDRESS
    reply_to: str = ""
    console_url: str = ""
    daily_at: LocalTime = time(7, 0)
    alarm_after: int = 5
    alone_per_hour: int = 40
    digest_every: int = 5
    signing_certificate: Path | None = None
    signing_key: Path | None = None

    def faults(self) -> Iterator[Fault]:
        """Does not read the PEM files: a bad one prevents no start; `kiosk check` and an alarm report it."""
        for name in ("sender", "bounce", *(["reply_to"] if self.reply_to else [])):
            if not MAIL_ADDRESS.fullmatch(getattr(self, name)):
                yield name, ADDRESS_WANTED
        if self.console_url and not is_web_address(self.console_url):
            yield "console_url", "doit être l'adresse de la console, par exemple https://console.organisme.example"
        yield from outside("alarm_after", self.alarm_after, 0, 60, "minutes")
        yield from outside("alone_per_hour", self.alone_per_hour, 0, 1000, "(0 : aucun envoi groupé)")
        yield from outside("digest_every", self.digest_every, 1, 60, "minutes")
        if (self.signing_certificate is None) != (self.signing_key is None):
            missing, given = ("signing_key", "signing_certificate")[:: 1 if self.signing_key is None else -1]
            yield missing, f"manque : « {given} » ne signe rien sans lui, nommez les deux fichiers"

    @property
    def answers_to(self) -> str:
        return self.reply_to or self.bounce

    @property
    def domain(self) -> str:
        """Right-hand side of Message-IDs."""
        return self.sender.partition("@")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp(Table):
    """``greeting``: name for EHLO; this machine's if empty.

    ``ciphers``: in OpenSSL's format, for TLS 1.2; Python's if empty.
    ``ambiguous_wait``: seconds until a resend after the line broke behind the final dot.
    """

    host: str = ""
    port: int = 0
    security: Security = Security.STARTTLS
    username: str = ""
    password_file: Path | None = None
    ca_file: Path | None = None
    greeting: str = ""
    ciphers: str = ""
    ambiguous_wait: int = 600

    def faults(self) -> Iterator[Fault]:
        """Does not read the files: a bad one prevents no start; `kiosk check` and the state of the relay report it."""
        yield from outside("port", self.port, 0, 65535, "(0 : selon « security »)")
        if self.host and not is_host(self.host):
            yield "host", "doit être un nom ou une adresse de machine, rien d'autre"
        if self.greeting and not is_greeting(self.greeting):
            yield "greeting", "doit être un nom complet tel que borne.organisme.example, ou une adresse entre crochets"
        yield from _unsafe_ciphers(self.ciphers)
        if self.username and self.password_file is None:
            yield "password_file", "manque : avec « username », nommez le fichier qui contient le mot de passe"

    @property
    def without_forward_secrecy(self) -> list[str]:
        """Names of the ciphers of ``ciphers`` that a stolen key of the relay opens later."""
        return [each["name"] for each in _chosen(self.ciphers) if each["kea"] == "kx-rsa"] if self.ciphers else []

    @property
    def greeting_name(self) -> str:
        """Empty for an address literal."""
        return self.greeting or full_name()

    @property
    def effective_port(self) -> int:
        return self.port or self.security.default_port


def _chosen(ciphers: str) -> Sequence[Mapping[str, Any]]:
    """Raises ssl.SSLError for a list that names none."""
    context = ssl.create_default_context()
    context.set_ciphers(ciphers)
    return context.get_ciphers()


def _unsafe_ciphers(ciphers: str) -> Iterator[Fault]:
    if not ciphers:
        return
    try:
        chosen = _chosen(ciphers)
    except ssl.SSLError:
        yield "ciphers", "ne nomme aucune suite qu'OpenSSL connaisse ici (openssl ciphers -v en donne la liste)"
        return
    if any(each["strength_bits"] < 112 or each["auth"] == "auth-null" for each in chosen):
        yield "ciphers", "admet des suites sans chiffrement, ou sans preuve de qui répond"
