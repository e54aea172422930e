"""Passkeys (WebAuthn), bound to the host name of the console; fido2 builds the questions and checks the answers.

Browsers offer them under an HTTPS name or `localhost` alone. No attestation: which make a passkey is does not matter.
fido2 is imported where it is used, because few requests need it and it takes 0.1 s.
"""

import json
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flask import request

from kiosk.domain.addresses import is_ip
from kiosk.store.staff.second_factors import Factor, NewPasskey
from kiosk.web.shared.context import current_settings
from kiosk.web.shared.url_headers import parse_host
from kiosk.web.staff.access.proofs import HeldProof

if TYPE_CHECKING:
    from fido2.server import Fido2Server
    from fido2.webauthn import AttestedCredentialData

log = logging.getLogger(__name__)

LONGEST_ANSWER = 16 * 1024  # characters
NEW, ASKED = b"new passkey", b"passkey"
UNFIT = (ValueError, TypeError, KeyError, AttributeError, IndexError, NotImplementedError, RecursionError)


def host() -> str:
    """Name that passkeys of this page are bound to; empty where browsers offer none.

    The Host header is one of ``web.hosts`` or a loopback name: see web/shared/hosts.py.
    """
    name = parse_host(request.host).hostname
    return name if name == "localhost" or (request.is_secure and not is_ip(name)) else ""


def usable(passkeys: Sequence[Factor]) -> list[Factor]:
    """Those of this host name."""
    return [each for each in passkeys if each.host and each.host == host()]


def creation_options(proof: HeldProof, known: Sequence[Factor]) -> str:
    """As JSON, for navigator.credentials.create. ``known``: passkeys that must not be added twice."""
    return json.dumps(dict(_creation(proof, known)[0].public_key))


def request_options(proof: HeldProof, known: Sequence[Factor]) -> str:
    """As JSON, for navigator.credentials.get."""
    return json.dumps(dict(_request(proof, known)[0].public_key))


def created(proof: HeldProof, answer: str) -> NewPasskey | None:
    """None for an answer to another question, from another origin, or that is none."""
    try:
        told = _server().register_complete(_creation(proof, ())[1], _read(answer))
    except UNFIT as error:
        log.warning("a new passkey did not fit: %s", type(error).__name__)
        return None
    if told.credential_data is None:
        return None
    return NewPasskey(credential=bytes(told.credential_data), host=host(), counter=told.counter)


def answered(proof: HeldProof, answer: str, known: Sequence[Factor]) -> tuple[Factor, int] | None:
    """The passkey that signed, and its signature counter."""
    offered = [(_credential(each), each) for each in usable(known)]
    try:
        read = _read(answer)
        used = _server().authenticate_complete(_request(proof, known)[1], [each for each, _ in offered], read)
        return next(factor for each, factor in offered if each is used), _counter_of(read)
    except UNFIT as error:
        log.warning("the answer of a passkey did not fit: %s", type(error).__name__)
        return None


def _creation(proof: HeldProof, known: Sequence[Factor]) -> tuple[Any, Any]:
    from fido2.webauthn import PublicKeyCredentialUserEntity

    user = PublicKeyCredentialUserEntity(
        id=proof.derive(b"passkey user"), name=proof.member.name, display_name=proof.member.display_name
    )
    descriptors = [_credential(each) for each in usable(known)]
    return _server().register_begin(user, descriptors, challenge=proof.derive(NEW), **_wishes())


def _request(proof: HeldProof, known: Sequence[Factor]) -> tuple[Any, Any]:
    from fido2.webauthn import UserVerificationRequirement

    descriptors = [_credential(each) for each in usable(known)]
    return _server().authenticate_begin(
        descriptors, UserVerificationRequirement.DISCOURAGED, challenge=proof.derive(ASKED)
    )


def _wishes() -> dict[str, Any]:
    """The password comes first, so neither a PIN nor a name kept in the passkey is needed."""
    from fido2.webauthn import ResidentKeyRequirement, UserVerificationRequirement

    return {
        "resident_key_requirement": ResidentKeyRequirement.DISCOURAGED,
        "user_verification": UserVerificationRequirement.DISCOURAGED,
    }


def _server() -> "Fido2Server":
    from fido2.server import Fido2Server
    from fido2.webauthn import AttestationConveyancePreference, PublicKeyCredentialRpEntity

    owner = PublicKeyCredentialRpEntity(id=host(), name=current_settings().organisation.name)
    ours = f"{request.scheme}://{request.host}".lower()
    return Fido2Server(owner, AttestationConveyancePreference.NONE, verify_origin=lambda origin: origin == ours)


def _credential(passkey: Factor) -> "AttestedCredentialData":
    from fido2.webauthn import AttestedCredentialData

    return AttestedCredentialData(passkey.secret)


def _counter_of(answer: dict[str, Any]) -> int:
    from fido2.webauthn import AuthenticationResponse

    return int(AuthenticationResponse.from_dict(answer).response.authenticator_data.counter)


def _read(answer: str) -> dict[str, Any]:
    if not host() or len(answer) > LONGEST_ANSWER:
        raise ValueError
    read = json.loads(answer)
    if not isinstance(read, dict):
        raise TypeError
    return read
