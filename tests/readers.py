"""Readers who have their keys at hand, and the paper of `kiosk init`."""

import re

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk.commands import init
from kiosk.config import Settings
from kiosk.store.keys import confirmation, grants, reader_keys, recovery
from kiosk.store.keys.reader_keys import NewPair
from kiosk.store.keys.site_keys import KeyOf
from kiosk.store.reports import stored_report
from tests.build import NOON
from tests.staff import a_member


class Reader:
    """Somebody with a pair, which they have at hand."""

    def __init__(self, db: Database, role: str = "manager", *, name: str = "", sites: tuple[str, ...] = ()) -> None:
        self.db, self.member = db, a_member(db, role, name=name, sites=sites)
        self.pair = X25519PrivateKey.generate()
        assert reader_keys.make(db, self.member.id, self.new_pair(self.pair), NOON)

    @staticmethod
    def new_pair(pair: X25519PrivateKey) -> NewPair:
        return NewPair(pair.public_key().public_bytes_raw(), b"wrapped")

    def reads(self, reference: str) -> bool:
        found = stored_report.find(self.db, reference)
        assert found
        try:
            return stored_report.open_report(found.sealed, self.key_of()).content is not None
        except LookupError:
            return False

    def key_of(self) -> KeyOf:
        def key(number: int) -> X25519PrivateKey:
            private = grants.opened_by_pair(self.db, self.pair, number)
            if private is None:
                raise LookupError
            return private

        return key

    def confirms(self, other: "Reader") -> int:
        """Having compared the fingerprint."""
        (reader,) = [each for each in reader_keys.readers(self.db) if each.name == other.member.name]
        opened = grants.opened_by_reader(self.db, self.pair)
        return confirmation.confirm(self.db, reader, opened, NOON, by=self.member.name)

    def shares(self) -> int:
        opened = grants.opened_by_reader(self.db, self.pair)
        return grants.grant_waiting(self.db, opened, NOON, by=self.member.name)


def initialised(db: Database, settings: Settings) -> str:
    """The paper."""
    shown: list[str] = []
    assert init.split_keys(db, settings, shown.append, NOON)
    return "\n".join(re.findall(r"^\w{5}-\w{5}-\w{4}$", shown[0], re.MULTILINE))


def opens_all(db: Database, paper: str) -> bool:
    opened = grants.opened_by_recovery(db, recovery.from_text(paper))
    public = {number: key.public_key().public_bytes_raw() for number, key in opened.items()}
    return public == {key.id: key.public_key for key in grants.site_keys(db)}
