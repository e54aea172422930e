"""Password proof in the browser, between the right password and the session of a sign-in in two steps.

A cookie holds its token. The reader's key pair waits in memory under the token's digest; no page can use it before the
session has begun. Challenges and secrets of the second step derive from the token, so nothing more is stored.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from flask import abort, request

from kiosk import clock
from kiosk.store.staff import accounts, password_proofs, sign_in_throttle
from kiosk.store.staff.accounts import Member
from kiosk.store.staff.password_proofs import LIFETIME, PasswordProof
from kiosk.store.staff.sessions import digest
from kiosk.store.staff.sign_in_throttle import Bucket, lane
from kiosk.web.shared.context import database
from kiosk.web.staff.access import keyring, session, unlocked_keys
from kiosk.web.staff.access.permissions import is_ours
from kiosk.web.staff.access.unlocked_keys import NO_SESSION_YET, HeldKey


@dataclass(frozen=True, slots=True)
class HeldProof:
    """``token``: what the cookie holds."""

    proven: PasswordProof
    token: str = field(repr=False)

    @property
    def member(self) -> Member:
        return self.proven.member

    @property
    def signs_in(self) -> bool:
        return self.proven.signs_in

    def derive(self, purpose: bytes, length: int = 32) -> bytes:
        return hmac.digest(self.token.encode(), b"kiosk " + purpose, hashlib.sha256)[:length]


def give(
    member: Member, password_hash: str, *, signs_in: bool, pair: X25519PrivateKey | None = None
) -> HeldProof | None:
    """None if the password was changed or the account disabled meanwhile. ``pair``: of a reader who signs in."""
    token, now = secrets.token_urlsafe(32), clock.now()
    proof = HeldProof(PasswordProof(digest(token), member, signs_in), token)
    if not password_proofs.give(database(), proof.proven, password_hash, now):
        return None
    if pair:
        until = now + LIFETIME
        unlocked_keys.of_app().hold(proof.proven.digest, HeldKey(member.id, NO_SESSION_YET, pair, until, until))
    session.send_cookies({session.PROOF: token})
    return proof


def current(*, signs_in: bool | None = None) -> HeldProof | None:
    """The proof of this request; of a member who is signed in, for that session alone. 403 for another site's page.

    ``signs_in``: only a proof of that kind.
    """
    if not is_ours():
        abort(403)
    token, signed = request.cookies.get(session.cookie_name(session.PROOF), ""), session.signed()
    found = password_proofs.find(database(), digest(token), clock.now()) if token else None
    if found is None or (signs_in is not None and found.signs_in != signs_in):
        return None
    if not found.signs_in and (signed is None or signed.member.id != found.member.id):
        return None
    return HeldProof(found, token)


def complete(proof: HeldProof, factor: str) -> bool:
    """Begin the session, then unlock the keys. False if the proof was used up or the password changed meanwhile."""
    held = unlocked_keys.of_app().take(proof.proven.digest, clock.now())
    account = accounts.find(database(), proof.member.name)
    password_hash = account.password_hash if account else None
    if not session.begin(
        proof.member, password_hash or "", throttled(proof.member), proof=proof.proven.digest, factor=factor
    ):
        return False
    keyring.unlock(held.pair if held else None)
    session.send_cookies({session.PROOF: ""})
    return True


def end(proof: HeldProof) -> None:
    password_proofs.end(database(), proof.proven.digest)
    session.send_cookies({session.PROOF: ""})


def wait(member: Member) -> int:
    """Count an attempt at the second step; seconds to wait if it is too early."""
    return sign_in_throttle.take_turn(database(), throttled(member), clock.now(), account=member.name)


def throttled(member: Member) -> tuple[Bucket, ...]:
    """Only somebody with the right password gets here. Their attempts cost the member's own browser no wait."""
    return (lane("factor", session.known_device(member.name) or member.name),)
