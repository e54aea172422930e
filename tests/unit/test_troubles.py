"""Each trouble of the table is made real, found by `kiosk check`, and worded in the table alone."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from sqlite_utils import Database

from kiosk import staff_app
from kiosk.config import Security, Settings, Site, Smtp, Staff, Web, mail
from kiosk.config.demonstration import FOLDER
from kiosk.config.retention import KindDays, Retention
from kiosk.domain import disk_room
from kiosk.domain.disk_room import DiskRoom
from kiosk.domain.relay_words import NO_SAFE_CIPHER
from kiosk.domain.troubles import TROUBLES, Channel, mail_setup, running, setup, shown_in
from kiosk.domain.troubles.trouble import Trouble
from kiosk.store.base import heartbeat
from kiosk.store.instance import backup, listen_addresses, start
from kiosk.store.keys import backup_signing, recovery, site_keys
from kiosk.store.outbox import outcomes, relay
from kiosk.store.outbox.attempts import Ending
from kiosk.store.staff import accounts
from kiosk.store.watch import health
from kiosk.watch import check
from kiosk.watch.disk_encryption import Encryption
from tests import smime
from tests.build import NOON, claim, store
from tests.readers import Reader, initialised
from tests.smime import a_reader

ROOT = Path(__file__).resolve().parents[2]
DAY = timedelta(days=1)


@dataclass
class World:
    """A kiosk with which nothing is wrong at NOON: a test breaks one thing."""

    db: Database
    settings: Settings
    patch: pytest.MonkeyPatch
    folder: Path

    def set(self, **changes: Any) -> None:
        self.settings = dataclasses.replace(self.settings, **changes)

    def mail(self, **changes: Any) -> None:
        self.set(mail=dataclasses.replace(self.settings.mail, **changes))

    def first_audience(self, **changes: Any) -> None:
        """The manager."""
        first, others = self.settings.audiences[1], self.settings.audiences
        self.set(audiences=(others[0], dataclasses.replace(first, **changes), *others[2:]))

    def certificate_for(self, days: int) -> None:
        self.certificate_with(ends=days * DAY - timedelta(hours=1))

    def certificate_with(self, **changes: Any) -> None:
        made = a_reader(self.folder, "other", now=NOON, **{"addresses": ("a@organisme.example",), **changes})
        self.first_audience(certificate=made.certificate)

    def found(self) -> dict[str, str]:
        return {each.trouble.code: each.sentence for each in check.find_troubles(self.db, self.settings, NOON)}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificate")
    return a_reader(
        folder, "reader", now=NOON, ends=1000 * DAY, bits=3072, addresses=("a@organisme.example",)
    ).certificate


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> smime.Reader:
    folder = tmp_path_factory.mktemp("signer")
    return a_reader(folder, "kiosk", now=NOON, ends=1000 * DAY, curve=True, addresses=("borne@organisme.example",))


@pytest.fixture
def world(
    db: Database,
    settings: Settings,
    certificate: Path,
    signer: smime.Reader,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    audiences = tuple(
        dataclasses.replace(each, address="a@organisme.example", telephone="04 65 71 00 01", certificate=certificate)
        for each in settings.audiences
    )
    made = World(db, settings, monkeypatch, tmp_path)
    made.set(audiences=audiences, smtp=Smtp(host="127.0.0.1", security=Security.NONE))
    made.mail(sender="borne@organisme.example", bounce="b@organisme.example", console_url="https://console.example")
    made.set(web=Web(hosts=("console.example",)))
    made.mail(signing_certificate=signer.certificate, signing_key=signer.key)
    Reader(db, name="anna")
    initialised(db, made.settings)
    written = backup.write(made.settings, tmp_path / "x.backup", backup.backup_key(db, made.settings), NOON)
    backup.record(db, written, NOON)
    heartbeat.beat(db, health.FORWARDER, 1, NOON)
    lies_on(made, Encryption.YES)
    return made


def lies_on(world: World, found: Encryption) -> None:
    world.patch.setattr(check, "encryption_of", lambda folder: found)


def held(world: World) -> None:
    store(world.db)
    outcomes.record_held(world.db, claim(world.db), Ending("refused", "rcpt", "550 no"), NOON)


def relay_fails(world: World, state: str) -> None:
    store(world.db)
    relay.relay_failed(world.db, state=state, reply="127.0.0.1: no", next_try_at=NOON, now=NOON)


def spoil_certificate(world: World) -> None:
    (world.folder / "bad.pem").write_text("rubbish")
    world.first_audience(certificate=world.folder / "bad.pem")


def change_trace(world: World) -> None:
    world.db.execute("DROP TRIGGER events_are_never_rewritten")
    world.db.execute("UPDATE events SET actor = 'somebody else' WHERE id = 1")


def forget_password(world: World) -> None:
    accounts.disable(world.db, "anna", NOON)


def before_init(world: World) -> None:
    world.patch.setattr(recovery, "current", lambda db: None)
    key = site_keys.key_file(world.settings.secrets, "siege")
    key.write_bytes(b"k" * 32)
    key.chmod(0o600)


def without_key(world: World) -> None:
    before_init(world)
    site_keys.key_file(world.settings.secrets, "siege").unlink()


def second_site(world: World) -> None:
    """Nobody answers for it, and nobody reads it, so its key stays in a file."""
    for account in accounts.accounts(world.db):
        world.db.execute("UPDATE staff SET sites = ? WHERE id = ?", ('["siege"]', account.member.id))
    world.db.conn.commit()
    audiences = tuple(dataclasses.replace(each, sites=("siege",)) for each in world.settings.audiences)
    world.set(sites=(*world.settings.sites, Site(id="nord", name="Nord")), audiences=audiences)
    start.prepare(world.settings, NOON).close()


def beside_a_demonstration(world: World) -> None:
    inside = dataclasses.replace(world.settings, instance=world.settings.instance / FOLDER, demo=True)
    start.prepare(inside, NOON).close()


def taken_by_nobody(world: World) -> None:
    store(world.db)
    world.db.execute("UPDATE reports SET taken_by = 'Somebody'")


def chained(world: World) -> None:
    authority = a_reader(world.folder, "authority", now=NOON)
    world.certificate_with(authority=authority)
    with (world.folder / "other.pem").open("ab") as file:
        file.write(authority.certificate.read_bytes())


def with_its_key(world: World) -> None:
    world.certificate_with()
    with (world.folder / "other.pem").open("ab") as file:
        file.write((world.folder / "other.key").read_bytes())


def nameless(world: World) -> None:
    world.patch.setattr(mail, "full_name", lambda: "")
    world.set(smtp=Smtp(host="relay.example"))


def lose_follow_up_secret(world: World) -> None:
    store(world.db)
    (world.settings.secrets / "follow-up.key").unlink()
    start.prepare(world.settings, NOON).close()


MADE_REAL: dict[Trouble, Callable[[World], object]] = {
    running.FORWARDER: lambda world: heartbeat.beat(world.db, health.FORWARDER, 1, NOON - timedelta(minutes=2)),
    running.LATE: lambda world: store(world.db, now=NOON - timedelta(minutes=16)),
    running.HELD: held,
    running.RELAY_NONE: lambda world: world.set(smtp=Smtp()),
    running.RELAY_DOWN: lambda world: relay_fails(world, "down"),
    running.RELAY_CIPHERS: lambda world: relay.relay_failed(
        world.db, state="down", reply=f"TLS failed: {NO_SAFE_CIPHER}", next_try_at=NOON, now=NOON
    ),
    running.RELAY_SILENT: lambda world: relay.note_silence(world.db, NOON - timedelta(seconds=45)),
    running.RELAY_REFUSED: lambda world: relay_fails(world, "refused"),
    running.DISK: lambda world: world.patch.setattr(disk_room, "RESERVE", 1 << 62),
    running.DISK_FILLING: lambda world: world.patch.setattr(disk_room, "EARLY", 1 << 62),
    running.CLOCK: lambda world: world.db.execute("UPDATE clock_marks SET off_by = -3600"),
    running.CHAIN: change_trace,
    running.UNRECORDED: lambda world: world.db.execute("UPDATE staff SET role = 'mssi'"),
    running.CERTIFICATE: lambda world: relay.relay_answered(world.db, NOON, certificate_until=NOON + 13 * DAY),
    running.SEAL_BROKEN: spoil_certificate,
    running.SEAL_ENDED: lambda world: world.certificate_for(0),
    running.SEAL_7: lambda world: world.certificate_for(7),
    running.SEAL_30: lambda world: world.certificate_for(30),
    running.SEAL_60: lambda world: world.certificate_for(60),
    running.AUDIENCE: lambda world: world.first_audience(address=""),
    setup.AUDIENCE_KIND: lambda world: world.first_audience(kinds=("lost-access",)),
    setup.AUDIENCE_TELEPHONE: lambda world: world.first_audience(telephone=""),
    setup.SITE_UNANSWERED: second_site,
    mail_setup.MAIL_CLEAR: lambda world: world.set(smtp=Smtp(host="relay.example", security=Security.NONE)),
    mail_setup.MAIL_GREETING: nameless,
    mail_setup.MAIL_CIPHERS: lambda world: world.set(smtp=Smtp(host="relay.example", ciphers="AES256-GCM-SHA384")),
    mail_setup.MAIL_SENDER: lambda world: world.mail(sender=Settings(instance=world.folder).mail.sender),
    setup.CONSOLE_URL: lambda world: world.mail(console_url=""),
    setup.SECRET_READABLE: lambda world: world.settings.database.chmod(0o644),
    setup.CONSOLE_HOST: lambda world: world.mail(console_url="https://elsewhere.example"),
    mail_setup.SMTP_PORT: lambda world: world.set(smtp=Smtp(host="relay.example", port=465)),
    mail_setup.RELAY_FILE: lambda world: world.set(
        smtp=Smtp(host="relay.example", username="borne", password_file=world.folder / "nowhere")
    ),
    setup.FOREIGN_OWNER: lambda world: world.patch.setattr(check, "strangers", lambda _: [world.folder]),
    mail_setup.MAIL_UNENCRYPTED: lambda world: world.first_audience(certificate=None),
    setup.DISK_UNENCRYPTED: lambda world: lies_on(world, Encryption.NO),
    setup.DISK_UNKNOWN: lambda world: lies_on(world, Encryption.UNKNOWN),
    mail_setup.SEAL_UNSIGNED: lambda world: world.mail(signing_certificate=None, signing_key=None),
    mail_setup.SEAL_WEAK: lambda world: world.certificate_for(500),
    mail_setup.SEAL_ADDRESS: lambda world: world.certificate_with(addresses=("b@organisme.example",)),
    mail_setup.SEAL_PURPOSE: lambda world: world.certificate_with(purpose=ExtendedKeyUsageOID.SERVER_AUTH),
    mail_setup.SEAL_CHAIN: chained,
    mail_setup.SEAL_PRIVATE: with_its_key,
    setup.RETENTION_KIND: lambda world: world.set(retention=Retention(kinds=(KindDays(kind="thefft"),))),
    setup.DEMONSTRATION: beside_a_demonstration,
    running.SAFEGUARD: lambda world: world.db.execute("DROP TRIGGER events_are_never_rewritten"),
    running.ALTERED: taken_by_nobody,
    setup.PASSWORDS_CLEAR: lambda world: listen_addresses.opened(
        world.db, {listen_addresses.STAFF: "0.0.0.0:8081"}, NOON
    ),
    setup.PUBLIC_CLEAR: lambda world: listen_addresses.opened(world.db, {listen_addresses.PUBLIC: "[::]:8080"}, NOON),
    setup.PROXY_UNNAMED: lambda world: world.set(staff=Staff(tls=True), web=Web()),
    setup.NOBODY_SIGNS_IN: forget_password,
    setup.BROWSER_FILES: lambda world: world.patch.setattr(check, "static_folder", lambda: world.folder),
    setup.BACKUP_NONE: lambda world: world.patch.setattr(backup, "WRITTEN", "never"),
    setup.BACKUP_OLD: lambda world: world.patch.setattr(check, "OLD", timedelta(0) - DAY),
    setup.BROWSER_FILE_ALTERED: lambda world: world.patch.setattr(check, "unverified_files", lambda: {"x.js"}),
    setup.BACKUP_SIGNER: lambda world: (world.settings.secrets / backup_signing.FILE).write_bytes(b"spoilt"),
    setup.KEY_MISSING: without_key,
    setup.KEY_UNPROTECTED: before_init,
    setup.KEY_IN_FILE: second_site,
    setup.KEY_UNREAD: forget_password,
    setup.KEY_UNRECOVERABLE: lambda world: world.patch.setattr(check.grants, "recoverable", lambda db: set()),
    setup.FOLLOW_UP_REPLACED: lose_follow_up_secret,
    running.DATABASE: lambda world: world.patch.setattr(check, "look", lambda db, database: "table reports"),
    setup.READER_WAITING: lambda world: Reader(world.db, "deputy", name="zoe"),
}


def test_nothing_is_wrong_with_a_kiosk_that_is_set_up(world: World) -> None:
    assert world.found() == {}


def test_a_private_key_in_a_file_of_utf_16_is_seen_too(world: World) -> None:
    with_its_key(world)
    file = world.folder / "other.pem"
    file.write_bytes(file.read_text(encoding="ascii").encode("utf-16"))
    assert mail_setup.SEAL_PRIVATE.code in world.found()


def test_every_trouble_of_the_table_is_made_real() -> None:
    assert set(MADE_REAL) == set(TROUBLES.values()) == set(shown_in(Channel.CHECK))


@pytest.mark.parametrize("trouble", MADE_REAL, ids=lambda trouble: str(trouble.code))
def test_the_check_finds_it(world: World, trouble: Trouble) -> None:
    MADE_REAL[trouble](world)
    sentence = world.found()[trouble.code]
    assert sentence.startswith(trouble.what.removesuffix("."))
    assert bool(trouble.detail) == (len(sentence) > len(trouble.what))


def test_a_broken_database_is_told_by_its_code(world: World) -> None:
    world.db.close()
    world.settings.database.write_bytes(b"garbage" * 1000)
    answer = staff_app(world.settings).test_client().get("/healthz")
    assert (answer.status_code, answer.json) == (503, {"status": "red", "problems": [running.DATABASE.code]})


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=lambda trouble: str(trouble.code))
def test_it_has_words_a_colour_and_a_cure(trouble: Trouble) -> None:
    assert trouble.code.replace("_", "").isalnum()
    assert trouble.channels
    assert trouble.colour.french
    assert trouble.what.endswith(".")
    assert trouble.action.endswith(".")
    assert "." not in trouble.detail
    assert bool(trouble.title) == (Channel.MAIL in trouble.channels)
    assert bool(trouble.over) == bool(trouble.title)
    assert trouble.title == "" or trouble.title[0].islower()


def test_codes_and_sentences_are_there_once() -> None:
    constants = [
        each for part in (running, setup, mail_setup) for each in vars(part).values() if isinstance(each, Trouble)
    ]
    assert len(constants) == len(TROUBLES) == len({trouble.what for trouble in TROUBLES.values()})


def test_no_sentence_of_a_trouble_stands_anywhere_else() -> None:
    table = ROOT / "kiosk" / "domain" / "troubles"
    files = [path for path in (ROOT / "kiosk").rglob("*.py") if table not in path.parents]
    files += [path for path in (ROOT / "templates").rglob("*.*") if path.is_file()]
    texts = {path: " ".join(path.read_text(encoding="utf-8").replace("\u00a0", " ").split()) for path in files}
    told = [
        (path.name, trouble.code)
        for path, text in texts.items()
        for trouble in TROUBLES.values()
        if any(words.replace("\u00a0", " ") in text for words in (trouble.what.removesuffix("."), trouble.action))
    ]
    assert told == []


def test_what_turns_the_public_address_red_is_what_it_may_tell() -> None:
    everything = health.Pulse(
        at=NOON,
        forwarder_silent_for=None,
        oldest_undelivered=9999,
        undelivered=1,
        held=1,
        relay="down",
        relay_reply=NO_SAFE_CIPHER,
        relay_silent_for=45,
        disk=DiskRoom(free=0),
        clock_off_by=-3600,
        broken_event=7,
        altered="7K4-92Q-MX3",
        unrecorded="compte « eve »",
        structure="la table copies est inconnue",
        damage="SQLITE_CORRUPT",
    )
    seen = {
        trouble
        for state in ("none", "down", "refused")
        for trouble in dataclasses.replace(everything, relay=state).troubles
    }
    assert seen == set(shown_in(Channel.HEALTHZ))
