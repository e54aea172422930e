"""The ways to what the staff's door shows to somebody who cannot read yet, or not at the moment."""

from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk import clock
from kiosk.store.base.connection import immediate
from kiosk.store.keys import reader_keys, recovery, site_keys
from kiosk.store.keys.reader_keys import NewPair
from tests.browser.visit import Visit
from tests.staff import a_member

PASSWORD = "quatre mots bien choisis"


def reading(visit: Visit) -> Iterator[str]:
    """The session of somebody who has signed in before a restart: the door holds no keys of theirs."""
    reference = visit.world.report("virus").reference
    with without_files(visit):
        visit.signs_in(password=PASSWORD)
        visit.goes(f"/reports/{reference}")
        yield "report, locked since a restart"
        visit.follows("a[href^='/unlock']")
        yield "unlock"
        visit.page.locator("#password").fill("un autre mot de passe")
        visit.taps("Déverrouiller")
        visit.sees("[role=alert]")
        yield "unlock, refused"
        visit.goes("/account")
        yield "account, locked since a restart"
        visit.goes("/search")
        visit.page.locator("#looked-for").fill("virus")
        visit.taps("Chercher")
        visit.sees(".error")
        yield "search, locked since a restart"
        visit.goes(f"/unlock?next=/reports/{reference}")
        visit.page.locator("#password").fill(PASSWORD)
        visit.taps("Déverrouiller")
        visit.sees(".trouble")
        yield "report, not opened to a newcomer yet"
        visit.goes("/account")
        yield "account, not opened to a newcomer yet"


def accounts_page(visit: Visit) -> Iterator[str]:
    """A newcomer waits; somebody who was confirmed compares the fingerprint."""
    db = visit.world.db
    name = visit.signs_in(password=PASSWORD)
    visit.goes("/accounts")
    yield "accounts"
    with without_files(visit):
        visit.goes("/unlock")
        visit.page.locator("#password").fill(PASSWORD)
        visit.taps("Déverrouiller")
        confirm(visit, name)
        zoe = a_member(db, "deputy", sites=("siege",), now=visit.moment())
        public = X25519PrivateKey.generate().public_key().public_bytes_raw()
        assert reader_keys.make(db, zoe.id, NewPair(public, b"wrapped"), visit.moment())
        visit.goes("/accounts")
        visit.sees(".fingerprint")
        yield "accounts, one to be confirmed"
        for role in ("mssi", "deputy"):
            db.execute("UPDATE staff SET role = ? WHERE id = ?", (role, zoe.id))
            db.conn.commit()
            if role == "mssi":
                visit.goes("/accounts")
                visit.sees(".objection")
                yield "accounts, one that the trace does not know"
        visit.goes("/accounts")
        visit.page.locator(f"form[action='/accounts/{zoe.id}/confirm'] button").click()
        visit.sees("[role=status]")
        yield "accounts, confirmed"


def confirm(visit: Visit, name: str) -> None:
    (reader,) = [each for each in reader_keys.readers(visit.world.db) if each.name == name]
    with immediate(visit.world.db):
        reader_keys.confirm(visit.world.db, reader, visit.moment(), by="recovery")


@contextmanager
def without_files(visit: Visit) -> Iterator[None]:
    """As after `kiosk init`, of which the next visit knows nothing again."""
    db = visit.world.db
    key = site_keys.key_file(visit.world.settings.secrets, "siege")
    aside = key.rename(key.with_suffix(".aside"))
    recovery.add(db, X25519PrivateKey.generate().public_key().public_bytes_raw(), bytes(32), clock.now())
    db.conn.commit()
    try:
        yield
    finally:
        db.execute("UPDATE recovery_keys SET retired_at = created_at")
        db.conn.commit()
        aside.rename(key)
