"""Sign-in after the right password: a session at once, or first the second factor or its set-up."""

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from flask.typing import ResponseReturnValue

from kiosk.store.staff import second_factors, sign_in_throttle
from kiosk.store.staff.accounts import Member
from kiosk.store.staff.sign_in_throttle import Bucket
from kiosk.web.shared.context import current_settings, database
from kiosk.web.staff.access import keyring, proofs, second_factor, session, set_up
from kiosk.web.staff.access.onward import Onward


def enter(
    member: Member,
    password_hash: str,
    pair: X25519PrivateKey | None,
    onward: Onward,
    forgiven: tuple[Bucket, ...] = (),
) -> ResponseReturnValue | None:
    """None if the password was changed or the account disabled meanwhile."""
    has_one = bool(second_factors.of_member(database(), member.id))
    if has_one or member.role in current_settings().staff.second_factor:
        proof = proofs.give(member, password_hash, signs_in=True, pair=pair)
        if proof is None:
            return None
        sign_in_throttle.give_back(database(), forgiven)
        return second_factor.ask(proof, onward) if has_one else set_up.offer(proof, onward)
    if not session.begin(member, password_hash, forgiven):
        return None
    keyring.unlock(pair)
    return onward.answer()
