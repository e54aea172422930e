"""From `kiosk init` on only people open reports: by their password, or with the paper that the MSSI keeps."""

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlite_utils import Database

from kiosk.commands import init
from kiosk.config import Settings, Site
from kiosk.domain.fingerprint import fingerprint
from kiosk.errors import KeyTextError, StaffError, StoreError
from kiosk.store.instance import backup, start
from kiosk.store.instance import init as instance_init
from kiosk.store.keys import (
    backup_signing,
    follow_up_secret,
    grants,
    password_wrap,
    reader_keys,
    recovery,
    site_keys,
)
from kiosk.store.keys.reader_keys import NewPair
from kiosk.store.reports import stored_report
from kiosk.store.staff import accounts
from kiosk.watch.check import find_troubles
from tests.build import NOON, flipped, store
from tests.readers import Reader, initialised, opens_all
from tests.staff import a_member

NORD = Site(id="nord", name="Nord")
LASTING = {backup_signing.FILE, follow_up_secret.FILE}  # secrets that no paper takes away


def actions(db: Database, name: str) -> list[str]:
    return [row[0] for row in db.execute("SELECT detail FROM events WHERE action = ?", (name,))]


def says(db: Database, settings: Settings, words: str) -> list[str]:
    return [each.trouble.colour for each in find_troubles(db, settings, NOON) if words in each.sentence]


def test_before_it_the_key_lies_in_a_file_after_it_only_readers_and_the_paper_open_reports(
    db: Database, settings: Settings
) -> None:
    anna = Reader(db)
    store(db)
    assert says(db, settings, "sans protection") == ["red"]
    paper = initialised(db, settings)
    assert {path.name for path in settings.secrets.iterdir()} == LASTING
    assert anna.reads("7K4-92Q-MX3")
    assert opens_all(db, paper)
    assert says(db, settings, "clé") == []


def test_the_keys_stand_nowhere_on_the_disk(db: Database, settings: Settings) -> None:
    Reader(db)
    private = site_keys.private_key(settings.secrets, "siege").private_bytes_raw()
    paper = initialised(db, settings)
    written = b"".join(path.read_bytes() for path in settings.instance.rglob("*") if path.is_file())
    for secret in (private, recovery.from_text(paper).private_bytes_raw(), paper.encode()):
        in_base64 = [base64.b64encode(bytes(before) + secret)[4:-4] for before in range(3)]
        for spelling in (secret, secret.hex().encode(), secret.hex().upper().encode(), *in_base64):
            assert spelling not in written


def test_what_once_lay_in_a_file_opens_no_new_report(db: Database, settings: Settings) -> None:
    """Whoever finds the file again, on a worn disk or in an old copy of the instance."""
    anna, private = Reader(db), site_keys.private_key(settings.secrets, "siege")
    initialised(db, settings)
    store(db)
    fresh = stored_report.find(db, "7K4-92Q-MX3")
    assert fresh
    with pytest.raises(StoreError):
        stored_report.open_report(fresh.sealed, lambda _: private)
    assert anna.reads("7K4-92Q-MX3")


def test_copies_from_before_go_with_the_key_that_opens_them(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when that broke off: the next start does it."""
    Reader(db)
    key = backup.backup_key(db, settings)
    copy = backup.folder_of(settings) / f"before{backup.SUFFIX}"
    copy.parent.mkdir(exist_ok=True)
    backup.write(settings, copy, key, NOON)
    with monkeypatch.context() as patched:
        patched.setattr(backup, "forget_unprotected", lambda settings: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            initialised(db, settings)
    assert copy.exists()
    start.prepare(settings, NOON).close()
    assert {path.name for path in settings.secrets.iterdir()} == LASTING
    assert list(copy.parent.iterdir()) == []
    backup.write(settings, copy, backup.backup_key(db, settings), NOON)
    start.prepare(settings, NOON).close()
    assert copy.exists(), "sealed to the recovery key, it stays"


def test_a_second_time_it_changes_nothing(db: Database, settings: Settings) -> None:
    Reader(db)
    initialised(db, settings)
    before = db.execute("SELECT count(*) FROM events").fetchone()
    assert not init.split_keys(db, settings, pytest.fail, NOON)
    assert db.execute("SELECT count(*) FROM events").fetchone() == before


def test_a_missing_key_is_said_before_anything_changes(db: Database, settings: Settings) -> None:
    site_keys.key_file(settings.secrets, "siege").unlink()
    with pytest.raises(StoreError, match="remettez-la d'abord à partir d'une sauvegarde"):
        initialised(db, settings)
    assert recovery.current(db) is None


@pytest.mark.parametrize("step", ["recovery.add", "grants.to_recovery", "grants.to_reader", "events.append"])
def test_a_break_before_the_commit_leaves_everything_as_it_was(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    anna = Reader(db)
    monkeypatch.setattr(f"kiosk.store.instance.init.{step}", lambda *rest, **more: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        initialised(db, settings)
    monkeypatch.undo()
    assert recovery.current(db) is None
    assert site_keys.key_file(settings.secrets, "siege").exists()
    store(db)
    initialised(db, settings)
    assert anna.reads("7K4-92Q-MX3")


def test_after_the_commit_the_next_start_removes_what_is_left(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    Reader(db)
    monkeypatch.setattr(instance_init, "remove_files", lambda *rest: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        initialised(db, settings)
    monkeypatch.undo()
    assert site_keys.key_file(settings.secrets, "siege").exists()
    start.prepare(settings, NOON).close()
    assert not site_keys.key_file(settings.secrets, "siege").exists()
    assert actions(db, "key_file_removed") == ['{"site": "siege"}']


def test_without_a_reader_the_file_stays_until_there_is_one(db: Database, settings: Settings) -> None:
    initialised(db, settings)
    store(db)
    assert init.still_in_files(db, settings) == ["Siège"]
    assert says(db, settings, "reste dans un fichier") == ["amber"]
    anna = Reader(db)
    instance_init.settle(db, settings, NOON)
    assert not site_keys.key_file(settings.secrets, "siege").exists()
    assert anna.reads("7K4-92Q-MX3")


def test_a_site_that_comes_later_has_no_file_when_somebody_can_read_it(db: Database, settings: Settings) -> None:
    anna, ben = Reader(db), Reader(db, sites=("siege",))
    paper = initialised(db, settings)
    with_two = replace(settings, sites=(*settings.sites, NORD))
    start.prepare(with_two, NOON).close()
    assert {path.name for path in settings.secrets.iterdir()} == LASTING
    store(db, site="nord")
    assert (anna.reads("7K4-92Q-MX3"), ben.reads("7K4-92Q-MX3")) == (True, False)
    assert opens_all(db, paper)


def test_a_site_that_comes_later_without_a_reader_keeps_its_file_and_the_paper_opens_it(
    db: Database, settings: Settings
) -> None:
    Reader(db, sites=("siege",))
    paper = initialised(db, settings)
    with_two = replace(settings, sites=(*settings.sites, NORD))
    for _ in range(2):
        start.prepare(with_two, NOON).close()
    assert {path.name for path in settings.secrets.iterdir()} == {"site-nord.key", *LASTING}
    assert opens_all(db, paper)


def test_a_newcomer_reads_once_a_colleague_of_the_site_was_there(db: Database, settings: Settings) -> None:
    anna, nord = Reader(db, name="anna", sites=("siege",)), Reader(db, sites=("nord",))
    initialised(db, settings)
    store(db)
    zoe, writer = Reader(db, "deputy", name="zoe", sites=("siege",)), a_member(db, "authorised")
    assert says(db, settings, "lire les signalements : « zoe »") == ["amber"]
    assert (zoe.reads("7K4-92Q-MX3"), nord.shares(), zoe.shares()) == (False, 0, 0)
    assert (anna.shares(), zoe.reads("7K4-92Q-MX3")) == (0, False), "nobody has compared the fingerprint"
    assert anna.confirms(zoe) == 2, "the key from before, and the one for new reports"
    assert zoe.reads("7K4-92Q-MX3")
    assert (anna.shares(), reader_keys.current(db, writer.id)) == (0, None)
    told = "SELECT action, actor, detail ->> 'fingerprint' FROM events WHERE detail ->> 'account' = 'zoe' AND action"
    fingerprints = fingerprint(zoe.pair.public_key().public_bytes_raw())
    assert db.execute(f"{told} IN ('key_confirmed', 'key_granted')").fetchall() == [
        ("key_confirmed", "anna", fingerprints),
        ("key_granted", "anna", fingerprints),
    ]


def test_another_password_by_link_needs_another_grant(db: Database, settings: Settings) -> None:
    anna, ben = Reader(db, name="anna"), Reader(db, name="ben")
    initialised(db, settings)
    store(db)
    key = site_keys.site_key(db, "siege")
    accounts.renew_link(db, "ben", bytes(32), NOON)
    assert not ben.reads("7K4-92Q-MX3")
    assert site_keys.site_key(db, "siege") == key
    assert db.execute("SELECT wrapped FROM staff_keys WHERE retired_at IS NOT NULL").fetchall() == [(None,)]
    assert anna.reads("7K4-92Q-MX3")


def test_whoever_is_shut_out_reads_nothing_more_and_new_reports_get_a_new_key(db: Database, settings: Settings) -> None:
    anna, ben = Reader(db, name="anna"), Reader(db, name="ben")
    paper = initialised(db, settings)
    store(db)
    old = grants.opened_by_pair(db, ben.pair, site_keys.site_key(db, "siege").id)
    accounts.disable(db, "ben", NOON)
    store(db, reference="AAA-AAA-AAA")
    assert (ben.reads("7K4-92Q-MX3"), ben.reads("AAA-AAA-AAA")) == (False, False)
    assert (anna.reads("7K4-92Q-MX3"), anna.reads("AAA-AAA-AAA")) == (True, True)
    assert opens_all(db, paper)
    fresh = stored_report.find(db, "AAA-AAA-AAA")
    assert fresh
    assert old
    with pytest.raises(StoreError):
        stored_report.open_report(fresh.sealed, lambda _: old)
    assert actions(db, "key_rotated") == ['{"site": "siege"}'] * 2, "at the beginning, and now"
    zoe = Reader(db)
    assert anna.confirms(zoe) == 3
    assert (zoe.reads("7K4-92Q-MX3"), zoe.reads("AAA-AAA-AAA")) == (True, True)


@pytest.mark.parametrize("step", ["seal", "recovery.current"])
def test_a_rotation_that_breaks_off_has_shut_nobody_out_and_lost_nothing(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    anna, ben = Reader(db, name="anna"), Reader(db, name="ben")
    initialised(db, settings)
    monkeypatch.setattr(f"kiosk.store.keys.grants.{step}", lambda *rest, **more: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        accounts.disable(db, "ben", NOON)
    monkeypatch.undo()
    store(db)
    assert (anna.reads("7K4-92Q-MX3"), ben.reads("7K4-92Q-MX3")) == (True, True)
    accounts.disable(db, "ben", NOON)
    assert not ben.reads("7K4-92Q-MX3")


def test_with_nobody_left_the_paper_lets_somebody_read_again(db: Database, settings: Settings) -> None:
    Reader(db, name="anna")
    paper = initialised(db, settings)
    store(db)
    accounts.disable(db, "anna", NOON)
    store(db, reference="AAA-AAA-AAA")
    zoe = Reader(db, name="zoe")
    assert says(db, settings, "Aucun mot de passe n'ouvre") == ["red"] * 3
    assert init.grant_keys(db, "zoe", paper.lower().replace("-", " "), NOON) == 3
    assert (zoe.reads("7K4-92Q-MX3"), zoe.reads("AAA-AAA-AAA")) == (True, True)
    assert init.grant_keys(db, "zoe", paper, NOON) == 0
    assert says(db, settings, "Aucun mot de passe") == []


def test_a_wrong_paper_and_a_wrong_account_are_refused(db: Database, settings: Settings) -> None:
    Reader(db, name="anna")
    paper = initialised(db, settings)
    with pytest.raises(StoreError, match="pas la clé de secours"):
        init.grant_keys(db, "anna", recovery.to_text(X25519PrivateKey.generate()), NOON)
    with pytest.raises(KeyTextError):
        init.grant_keys(db, "anna", paper[:-1], NOON)
    a_member(db, "authorised", name="ugo")
    a_member(db, "dpo", name="dora")
    for name, words in (
        ("ugo", "ne lit pas de signalements"),
        ("nobody", "ne lit pas de signalements"),
        ("dora", "pas encore de clé"),
    ):
        with pytest.raises(StaffError, match=words):
            init.grant_keys(db, name, paper, NOON)


def test_a_grant_opens_for_its_pair_and_its_site_key_alone(db: Database, settings: Settings) -> None:
    anna, ben = Reader(db, name="anna"), Reader(db, name="ben")
    initialised(db, settings)
    key = site_keys.site_key(db, "siege").id
    with pytest.raises(Exception, match="never rewritten"):
        db.execute("UPDATE key_grants SET staff_key_id = 2")
    db.execute("DROP TRIGGER grants_are_never_rewritten")
    grant = db.execute("SELECT sealed FROM key_grants WHERE site_key_id = ? AND staff_key_id = 1", (key,)).fetchone()
    db.execute("UPDATE key_grants SET sealed = ? WHERE site_key_id = ? AND staff_key_id = 2", (*grant, key))
    assert grants.opened_by_pair(db, anna.pair, key)
    with pytest.raises(StoreError):
        grants.opened_by_pair(db, ben.pair, key)


def test_a_wrapped_key_opens_with_its_password_and_its_public_half_alone() -> None:
    pair = X25519PrivateKey.generate()
    public, wrapped = pair.public_key().public_bytes_raw(), password_wrap.wrap(pair, b"quatre mots")
    assert password_wrap.unwrap(wrapped, public, b"quatre mots").private_bytes_raw() == pair.private_bytes_raw()
    assert pair.private_bytes_raw() not in wrapped
    for changed, half, password in (
        (wrapped, public, b"quatre mois"),
        (wrapped, bytes(32), b"quatre mots"),
        (flipped(wrapped), public, b"quatre mots"),
        (wrapped[:10], public, b"quatre mots"),
        (b"\x02" + wrapped[1:], public, b"quatre mots"),
    ):
        with pytest.raises(StoreError):
            password_wrap.unwrap(changed, half, password)
    assert password_wrap.wrap(pair, b"quatre mots") != wrapped


def with_a_password(db: Database, name: str, sites: tuple[str, ...] = ()) -> None:
    """Somebody whose pair is wrapped for true."""
    member, pair = a_member(db, name=name, sites=sites), X25519PrivateKey.generate()
    wrapped = password_wrap.wrap(pair, b"quatre mots")
    assert reader_keys.make(db, member.id, NewPair(pair.public_key().public_bytes_raw(), wrapped), NOON)


def test_a_lost_paper_is_replaced_by_a_reader_of_every_site_and_opens_nothing_more(
    db: Database, settings: Settings
) -> None:
    with_a_password(db, "anna")
    first, shown = initialised(db, settings), list[str]()
    init.renew(db, settings, "anna", "quatre mots", shown.append, NOON)
    second = "\n".join(line for line in shown[0].splitlines() if line.count("-") == 2)
    assert opens_all(db, second)
    with pytest.raises(StoreError, match="pas la clé de secours"):
        grants.opened_by_recovery(db, recovery.from_text(first))
    assert db.execute("SELECT count(DISTINCT recovery_key_id) FROM key_grants").fetchone() == (1,)
    assert says(db, settings, "clé de secours") == []


def test_a_paper_is_replaced_by_nobody_else(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with_a_password(db, "anna")
    with pytest.raises(StaffError, match="kiosk init avant"):
        init.renew(db, settings, "anna", "quatre mots", pytest.fail, NOON)
    first = initialised(db, settings)
    with_a_password(db, "nora", sites=("nord",))
    shown: list[str] = []
    for name, password, error in (
        ("anna", "quatre mois", StoreError),
        ("nora", "quatre mots", StoreError),
        ("nobody", "quatre mots", StaffError),
    ):
        with pytest.raises(error):
            init.renew(db, settings, name, password, pytest.fail, NOON)
    monkeypatch.setattr(grants, "forget_older_recovery", lambda *rest: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        init.renew(db, settings, "anna", "quatre mots", shown.append, NOON)
    assert opens_all(db, first)
