"""Whoever writes accounts, keys or grants past the kiosk is seen, and gets no key."""

import json
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk.config import Settings, Site
from kiosk.domain.fingerprint import fingerprint
from kiosk.domain.roles import StaffRole
from kiosk.domain.troubles.running import UNRECORDED
from kiosk.store.instance import start
from kiosk.store.keeping import trace_cut
from kiosk.store.keys import grants, reader_keys, site_keys
from kiosk.store.keys.sealing import seal
from kiosk.store.staff import accounts, own_password, second_factors
from kiosk.store.staff.accounts import Member, NewMember
from kiosk.store.staff.passwords import password_digest
from kiosk.store.staff.second_factors import NewPasskey
from kiosk.store.staff.unrecorded import unrecorded_rows
from kiosk.store.trace import account_ledger, events
from kiosk.store.trace.events import Event
from kiosk.store.watch import alterations, health
from kiosk.watch.troubles import troubles_now
from tests.build import NOON
from tests.readers import Reader, initialised
from tests.staff import UNUSABLE, a_member

STRANGER = X25519PrivateKey.generate()
PUBLIC = STRANGER.public_key().public_bytes_raw()


FACTOR, CODES = "deuxième étape du compte", "codes de secours du compte"


def seen(db: Database, settings: Settings) -> list[str]:
    return [str(row).replace("\N{NO-BREAK SPACE}", " ") for row in unrecorded_rows(db, settings.secrets)]


def plant_account(db: Database, *, with_pair: bool = True) -> None:
    db.execute(
        "INSERT INTO staff VALUES (99, 'eve', 'Eve', 'mssi', '[]', 'a hash', 1, '2020-01-01T00:00:00.000Z', NULL)"
    )
    if with_pair:
        plant_pair(db, 99)


def plant_pair(db: Database, staff_id: int) -> None:
    db.execute("INSERT INTO staff_keys VALUES (99, ?, ?, x'01', '2020-01-01T00:00:00.000Z', NULL)", (staff_id, PUBLIC))


def plant_pair_of_anna(db: Database) -> None:
    db.execute("UPDATE staff_keys SET wrapped = NULL, retired_at = '2020-01-01T00:00:00.000Z' WHERE staff_id = 1")
    plant_pair(db, 1)


def plant_grant(db: Database) -> None:
    db.execute("INSERT INTO key_grants VALUES (1, 2, NULL, x'01', 'anna', '2020-01-01T00:00:00.000Z')")


def plant_recovery_key(db: Database) -> None:
    db.execute("INSERT INTO recovery_keys VALUES (99, ?, zeroblob(32), '2020-01-01T00:00:00.000Z', NULL)", (PUBLIC,))


def plant_site_key(db: Database) -> None:
    db.execute("INSERT INTO site_keys VALUES (99, 'siege', ?, '2020-01-01T00:00:00.000Z', NULL)", (PUBLIC,))


def forge_ledger(db: Database) -> None:
    """With an event that claims it, and no trace cut beside it."""
    plant_account(db)
    forged = account_ledger.read(db)
    forged.accounts["eve"] = replace(forged.accounts["anna"], password=password_digest("a hash"))
    events.append(db, [Event(action=account_ledger.RECORDED, detail=forged.as_detail())], NOON)


def plant_factor(db: Database) -> None:
    db.execute("INSERT INTO staff_factors VALUES (99, 3, 'totp', x'01', '', 0, '2020-01-01T00:00:00.000Z', NULL)")


def exchange_factor(db: Database, change: str) -> None:
    db.execute("DROP TRIGGER a_factor_stays_whose_it_is")
    db.execute(f"UPDATE staff_factors SET {change}")


def remove(db: Database, *tables: str) -> None:
    db.execute("PRAGMA foreign_keys = OFF").fetchall()
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE name GLOB '*_are_never_deleted'").fetchall():
        db.execute(f"DROP TRIGGER {name}")
    for table in tables:
        db.execute(f"DELETE FROM {table}")


def forge_factor(db: Database) -> None:
    """Events that no kiosk writes."""
    events.append(db, [Event(action="second_factor_added", detail={"account": ["anna"], "factor": "x"})], NOON)
    events.append(db, [Event(action="second_factor_added", detail={"account": "anna"})], NOON)


PLANTED: dict[Callable[[Database], object], list[str]] = {
    plant_account: ["compte « eve »", "clé du compte « eve »"],
    plant_pair_of_anna: ["clé du compte « anna »"],
    plant_grant: ["droit de lecture « zoe »"],
    plant_recovery_key: ["clé de secours « {stranger} »"],
    plant_site_key: ["clé du site « siege »"],
    forge_ledger: ["compte « eve »", "clé du compte « eve »", "relevé des comptes dans la trace"],
    lambda db: db.execute("UPDATE staff SET role = 'mssi' WHERE name = 'zoe'"): ["compte « zoe »"],
    lambda db: db.execute("UPDATE staff SET sites = '[]' WHERE name = 'zoe'"): ["compte « zoe »"],
    lambda db: db.execute("UPDATE staff SET active = 1 WHERE name = 'gone'"): ["compte « gone »"],
    lambda db: db.execute("UPDATE staff SET password_hash = 'mine' WHERE name = 'anna'"): ["compte « anna »"],
    lambda db: events.append(db, [Event(action="key_confirmed")], NOON): ["relevé des comptes dans la trace"],
    plant_factor: [f"{FACTOR} « zoe »"],
    forge_factor: [f"{FACTOR} « ['anna'] »", "relevé des comptes dans la trace"],
    lambda db: db.execute("DELETE FROM staff_factors"): [f"{FACTOR} « anna »"],
    lambda db: exchange_factor(db, "secret = x'02'"): [f"{FACTOR} « anna »"],
    lambda db: exchange_factor(db, "host = 'elsewhere.example'"): [f"{FACTOR} « anna »"],
    lambda db: exchange_factor(db, "host = CAST(x'ff' AS TEXT)"): [f"{FACTOR} « anna »"],
    lambda db: exchange_factor(db, "created_at = 'never'"): [f"{FACTOR} « anna »"],
    lambda db: exchange_factor(db, "staff_id = 3"): [
        f"deuxième étape du compte « {name} »" for name in ("anna", "zoe")
    ],
    lambda db: db.execute("INSERT INTO recovery_codes VALUES (zeroblob(32), 1)"): [
        "codes de secours du compte « anna »"
    ],
    lambda db: remove(db, "staff WHERE name = 'gone'"): ["compte « gone »"],
    lambda db: remove(db, "staff_keys WHERE staff_id = 3"): ["clé du compte « zoe »"],
    lambda db: remove(db, "key_grants WHERE staff_key_id = 1"): ["droit de lecture « {anna} »"],
    lambda db: remove(db, "key_grants WHERE recovery_key_id = 1", "recovery_keys"): [
        "droit de lecture « {recovery} »",
        "clé de secours « {recovery} »",
    ],
    lambda db: db.execute("UPDATE staff SET sites = 'x' WHERE name = 'zoe'"): ["compte « zoe »"],
    lambda db: db.execute("UPDATE staff SET sites = '7' WHERE name = 'zoe'"): ["compte « zoe »"],
    lambda db: db.execute("UPDATE staff SET sites = CAST(x'ff' AS TEXT) WHERE name = 'zoe'"): ["compte « zoe »"],
    lambda db: db.execute("DELETE FROM recovery_codes"): [f"{CODES} « anna »"],
}


def add_passkey(db: Database, member: Member, credential: bytes) -> tuple[str, ...]:
    new = NewPasskey(credential=credential, host="console.example", counter=0)
    added = second_factors.add_passkey(db, member, new, NOON, only_first=False)
    assert added is not None
    return added.codes


@pytest.fixture
def house(db: Database, settings: Settings) -> tuple[Reader, Reader]:
    """Anna reads, and has a second factor; Zoe, who serves one site, has not been confirmed; somebody has left."""
    anna = Reader(db, name="anna")
    initialised(db, settings)
    add_passkey(db, anna.member, b"of anna")
    gone = a_member(db, name="gone")
    add_passkey(db, gone, b"of somebody who has left")
    accounts.disable(db, "gone", NOON)
    return anna, Reader(db, "deputy", name="zoe", sites=("siege",))


@pytest.mark.parametrize(("plant", "told"), PLANTED.items(), ids=[str(number) for number in range(len(PLANTED))])
def test_what_is_planted_is_seen(
    db: Database, settings: Settings, house: object, plant: Callable[[Database], object], told: list[str]
) -> None:
    assert seen(db, settings) == []
    anna = next(reader.fingerprint for reader in reader_keys.readers(db) if reader.name == "anna")
    recovery = account_ledger.read(db).recovery
    plant(db)
    named = {"stranger": fingerprint(PUBLIC), "anna": anna, "recovery": recovery}
    assert seen(db, settings) == [each.format_map(named) for each in told]


def append_raw(db: Database, detail: object, *, action: str = "account_added", at: str = "soon") -> None:
    """Past the kiosk; ``detail``: bytes are text that may be no UTF-8."""
    db.execute(
        "INSERT INTO events (id, at, actor, action, detail, previous, digest) SELECT max(id) + 1, ?,"
        " CAST(x'ff' AS TEXT), ?, CAST(? AS TEXT), zeroblob(32), zeroblob(32) FROM events",
        (at, action, detail),
    )
    db.conn.commit()


NO_KIOSK_WRITES = (b"\xff", b"", b"[]", b'"x"', b"7", b"[" * 100_000, b'{"account": [], "role": 1, "sites": 5}')


@pytest.mark.parametrize("detail", NO_KIOSK_WRITES, ids=lambda detail: detail[:9])
@pytest.mark.parametrize("action", ["account_added", "key_granted", "accounts_recorded"])
def test_an_event_that_no_kiosk_writes_is_seen_and_stops_nothing(
    db: Database, settings: Settings, house: tuple[Reader, Reader], detail: bytes, action: str
) -> None:
    anna, zoe = house
    append_raw(db, detail, action=action)
    assert seen(db, settings) == ["relevé des comptes dans la trace"]
    assert anna.confirms(zoe)
    assert opens(db, zoe.pair)


def test_a_grant_of_a_key_without_a_number_keeps_no_trace_from_being_cut(db: Database, house: object) -> None:
    fingerprints = account_ledger.read(db).recovery
    events.append(db, [Event(action="key_granted", detail={"fingerprint": fingerprints, "keys": ["x", None]})], NOON)
    now = NOON + timedelta(days=400)
    assert trace_cut.cut(db, now - timedelta(days=365), months=12, now=now)


def test_a_planted_name_moves_nothing_on_the_screen_that_tells_it(db: Database, settings: Settings) -> None:
    db.execute("INSERT INTO staff VALUES (99, 'e\u202eve\x1b[2j', 'Eve', 'mssi', '[]', NULL, 1, '', NULL)")
    alterations.look(db, settings.secrets)
    now_red = troubles_now(health.pulse(db, settings, NOON), settings)
    (trouble,) = [each for each in now_red if each.trouble == UNRECORDED]
    assert "« e⟨U+202E⟩ve⟨U+001B⟩[2j »" in trouble.detail.replace("\N{NO-BREAK SPACE}", " ")


def opens(db: Database, private: X25519PrivateKey) -> set[int]:
    return set(grants.opened_by_reader(db, private))


@pytest.mark.parametrize("with_event", [False, True])
def test_a_planted_reader_gets_no_key_however_long_colleagues_work(
    db: Database, settings: Settings, house: tuple[Reader, Reader], with_event: bool
) -> None:
    """Not even one with all the events of a newcomer: nobody has compared the fingerprint."""
    anna, zoe = house
    plant_account(db)
    if with_event:
        detail = {"account": "eve", "role": "mssi", "sites": []}
        events.append(db, [Event(action="account_added", detail=detail)], NOON)
    anna.shares()
    start.prepare(replace(settings, sites=(*settings.sites, Site(id="nord", name="Nord"))), NOON).close()
    accounts.renew_link(db, "anna", secrets.token_bytes(32), NOON, compromised=True)
    assert opens(db, STRANGER) == set()
    assert opens(db, zoe.pair) == set()


def test_sites_that_were_widened_past_the_kiosk_bring_no_more_keys(
    db: Database, settings: Settings, house: tuple[Reader, Reader]
) -> None:
    anna, zoe = house
    anna.confirms(zoe)
    before = opens(db, zoe.pair)
    start.prepare(replace(settings, sites=(*settings.sites, Site(id="nord", name="Nord"))), NOON).close()
    db.execute("UPDATE staff SET sites = '[]' WHERE name = 'zoe'")
    anna.shares()
    assert (bool(before), opens(db, zoe.pair)) == (True, before)


def test_every_act_of_the_kiosk_is_known_to_the_trace_also_when_its_beginning_is_cut(
    db: Database, settings: Settings, house: tuple[Reader, Reader]
) -> None:
    anna, zoe = house
    with_nord = replace(settings, sites=(*settings.sites, Site(id="nord", name="Nord")))
    start.prepare(with_nord, NOON).close()
    anna.confirms(zoe)
    assert own_password.change_password(db, anna.member, UNUSABLE, "another", NOON)
    own_password.rehash(db, anna.member, "another", "stronger", NOON)
    accounts.renew_link(db, "zoe", secrets.token_bytes(32), NOON, compromised=True)
    accounts.admit(db, NewMember(name="gone", display_name="Gone", role=StaffRole.DPO), secrets.token_bytes(32), NOON)
    use_second_factors(db, settings, anna.member)
    assert seen(db, with_nord) == []
    for years in (1, 2):
        told, now = account_ledger.read(db), NOON + timedelta(days=years * 366 + 60)
        assert trace_cut.cut(db, now - timedelta(days=365), months=12, now=now)
        while trace_cut.remove_cut(db):
            pass
        assert (seen(db, with_nord), account_ledger.read(db)) == ([], told)
        accounts.renew_link(db, "gone", secrets.token_bytes(32), now)
        second_factors.new_codes(db, anna.member, now)
    plant_account(db)
    assert seen(db, with_nord)[0] == "compte « eve »"


def test_the_trace_has_digests_of_what_signs_in_and_forgets_them_with_its_own_events(
    db: Database, settings: Settings, house: tuple[Reader, Reader]
) -> None:
    """As docs/registre.md says."""
    anna, _ = house
    (former,) = second_factors.digests(db)
    second_factors.reset(db, "anna", NOON)
    assert own_password.change_password(db, anna.member, UNUSABLE, "the former", NOON)
    assert own_password.change_password(db, anna.member, "the former", "another", NOON)
    add_passkey(db, anna.member, b"the new one")
    (current,) = second_factors.digests(db)
    signs_in = {password_digest("the former"), former}, {password_digest("another"), current}
    assert [each <= words_of_trace(db) for each in signs_in] == [True, True]
    now = NOON + timedelta(days=366 + 60)
    assert trace_cut.cut(db, now - timedelta(days=365), months=12, now=now)
    while trace_cut.remove_cut(db):
        pass
    assert [bool(each & words_of_trace(db)) for each in signs_in] == [False, True]
    assert not {UNUSABLE, "the former", "another"} & words_of_trace(db)


def words_of_trace(db: Database) -> set[str]:
    return {word for row in db.execute("SELECT detail FROM events") for word in row[0].split('"')}


def use_second_factors(db: Database, settings: Settings, member: Member) -> None:
    """Every act: the house has added the first one."""
    codes = second_factors.new_codes(db, member, NOON)
    assert second_factors.use_recovery_code(db, member, codes[0].lower(), NOON)
    assert second_factors.add_app(db, settings.secrets, member, bytes(20), 7, NOON, only_first=False)
    first, second = second_factors.of_member(db, member.id)
    assert second_factors.use_passkey(db, first, 0, NOON)
    assert second_factors.remove(db, member, first.id, NOON, keep_one=True)
    assert second_factors.remove(db, member, second.id, NOON, keep_one=False)
    add_passkey(db, member, b"one more")
    second_factors.reset(db, member.name, NOON)
    assert add_passkey(db, member, b"the last one")


def test_a_pair_that_somebody_else_may_hold_is_replaced_and_opens_no_new_report(
    db: Database, settings: Settings, house: tuple[Reader, Reader]
) -> None:
    anna, zoe = house
    anna.confirms(zoe)
    old, new = zoe.pair, X25519PrivateKey.generate()
    former = site_keys.site_key(db, "siege")
    wrapped = Reader.new_pair(new)
    opened = grants.opened_by_reader(db, old)
    assert own_password.change_password(db, zoe.member, UNUSABLE, "new", NOON, pair=wrapped, opened=opened)
    current = site_keys.site_key(db, "siege")
    assert former != current
    assert opens(db, old) == set()
    assert opens(db, new) == {*opened, current.id}
    assert current.id in opens(db, anna.pair)
    assert seen(db, settings) == []


def test_whoever_was_not_confirmed_is_not_by_another_password(
    db: Database, settings: Settings, house: tuple[Reader, Reader]
) -> None:
    _, zoe = house
    wrapped = Reader.new_pair(X25519PrivateKey.generate())
    assert own_password.change_password(db, zoe.member, UNUSABLE, "new", NOON, pair=wrapped, opened={})
    assert account_ledger.read(db).pairs[zoe_fingerprint(db)].confirmed_by == ""


def zoe_fingerprint(db: Database) -> str:
    return next(reader.fingerprint for reader in reader_keys.readers(db) if reader.name == "zoe")


@pytest.mark.parametrize("compromised", [False, True])
def test_a_new_link_after_a_compromise_gives_new_reports_new_keys(
    db: Database, settings: Settings, house: object, compromised: bool
) -> None:
    before = site_keys.site_key(db, "siege")
    accounts.renew_link(db, "anna", secrets.token_bytes(32), NOON, compromised=compromised)
    assert (site_keys.site_key(db, "siege") != before) == compromised
    assert json.loads(db.execute("SELECT detail FROM events WHERE action = 'password_link_made'").fetchone()[0]) == {
        "account": "anna",
        "compromised": compromised,
    }


def test_the_ledger_is_read_by_its_index(db: Database) -> None:
    plan = db.execute(f"EXPLAIN QUERY PLAN SELECT id FROM events WHERE {account_ledger.ABOUT_ACCOUNTS} ORDER BY id")
    assert "events_about_accounts" in str(plan.fetchall())


def test_a_seal_to_a_stranger_is_no_grant(db: Database, settings: Settings, house: tuple[Reader, Reader]) -> None:
    """A grant made past the kiosk by somebody who holds the key is seen all the same."""
    anna, _ = house
    plant_account(db)
    number = site_keys.site_key(db, "siege").id
    sealed = seal(grants.opened_by_reader(db, anna.pair)[number].private_bytes_raw(), PUBLIC, context=b"")
    db.execute("INSERT INTO key_grants VALUES (?, 99, NULL, ?, 'anna', '2020-01-01T00:00:00.000Z')", (number, sealed))
    assert "droit de lecture « eve »" in seen(db, settings)
