"""Checks of the options of `kiosk deploy`: names, addresses, paths, certificate and its key."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from kiosk import clock
from kiosk.domain.addresses import host_of, is_host
from kiosk.errors import SettingsError
from kiosk.operator_files import pem_blocks, read_bytes

SPECIAL = re.compile(r"""[\s;{}"'\\$]""")  # ends a word of nginx's configuration


def name_faults(public: str, staff: str) -> Iterator[str]:
    for option, name in (("--public-name", public), ("--staff-name", staff)):
        if not is_host(name) or SPECIAL.search(name):
            yield f"{option} : « {name} » n'est pas un nom de machine, tel que borne.organisme.example."
    if public.lower().rstrip(".") == staff.lower().rstrip("."):
        yield "--public-name et --staff-name doivent différer : l'un mène à la borne, l'autre à la console."


def address_faults(public: str, staff: str, http_port: int, https_port: int) -> Iterator[str]:
    for option, address in (("--public", public), ("--staff", staff)):
        port = address.rpartition(":")[2]
        if not is_host(host_of(address)) or not port.isdecimal() or not 0 < int(port) < 65536:
            yield f"{option} : « {address} » n'est pas une adresse : écrivez HÔTE:PORT, par exemple 127.0.0.1:8080."
    if public == staff:
        yield f"--public et --staff doivent différer : la borne et la console n'écoutent pas toutes deux sur {public}."
    for option, number in (("--http-port", http_port), ("--https-port", https_port)):
        if not 0 < number < 65536:
            yield f"{option} : un port va de 1 à 65535."
    if http_port == https_port:
        yield "--http-port et --https-port doivent différer."


def path_faults(*paths: Path) -> Iterator[str]:
    for path in paths:
        if SPECIAL.search(str(path)):
            yield f"« {path} » a un blanc ou un signe qui a un sens pour nginx : choisissez un autre nom."


def certificate_faults(certificate: Path, key: Path, names: tuple[str, str], now: datetime) -> Iterator[str]:
    """Raises SettingsError for a file that cannot be read."""
    first = _certificate(certificate)
    if _public(first.public_key()) != _public(_private_key(key).public_key()):
        yield f"{key} n'est pas la clé de {certificate}, dont le premier certificat doit être celui du serveur."
    if first.not_valid_after_utc <= now:
        yield f"{certificate} a expiré le {clock.local(first.not_valid_after_utc):%d/%m/%Y} : faites-le renouveler."
    held = _names_in(first)
    for name in names:
        if not any(_covers(one, name.lower().rstrip(".")) for one in held):
            told = ", ".join(sorted(held)) or "aucun"
            yield f"{certificate} n'est pas valable pour {name} : il y faut les deux noms (il a : {told})."


def _certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificates(pem_blocks(read_bytes(path)))[0]
    except ValueError as error:
        raise SettingsError(f"{path} ne contient pas de certificat en PEM (-----BEGIN CERTIFICATE-----).") from error


def _private_key(path: Path) -> PrivateKeyTypes:
    try:
        return load_pem_private_key(pem_blocks(read_bytes(path)), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SettingsError(
            f"{path} ne contient pas de clé privée en PEM sans mot de passe (-----BEGIN PRIVATE KEY-----)."
        ) from error


def _public(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _names_in(certificate: x509.Certificate) -> set[str]:
    """As browsers read them: the subject's own name counts for none."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return set()
    hosts = {name.lower() for name in names.get_values_for_type(x509.DNSName)}
    return hosts | {str(address) for address in names.get_values_for_type(x509.IPAddress)}


def _covers(held: str, name: str) -> bool:
    return held == name or (held.startswith("*.") and held[2:] == name.partition(".")[2])
