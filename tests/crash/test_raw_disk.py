"""The raw disk of a kiosk, read as a thief would: an ext4 image, searched below the file system."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from kiosk import clock
from kiosk.config import Settings
from kiosk.store.base.connection import open_database
from kiosk.store.instance import start
from tests.crash.reporting import wait_until_all_is_sent
from tests.crash.test_left_on_disk import spellings
from tests.crash.test_restore_drill import command
from tests.processes import Inbox, Kiosk, Program
from tests.readers import Reader
from tests.waiting import until

MOUNT, FORMAT = shutil.which("mount"), shutil.which("mkfs.ext4", path=f"{os.environ['PATH']}:/sbin:/usr/sbin")
REPORTS = 40
WORDS = {name: f"Zébulon-{name}-4417" for name in ("description", "place", "name")}  # é: also in quoted-printable
SIZE = 40 * 1024 * 1024  # bytes


@dataclass(frozen=True)
class Disk:
    image: Path
    folder: Path

    def holds(self, wanted: Mapping[str, list[bytes]]) -> dict[str, int]:
        """Number of places by name, with everything that was written on its way to the disk."""
        subprocess.run(["sync", "-f", self.folder], check=True)
        content = self.image.read_bytes()
        counted = {name: sum(content.count(spelled) for spelled in spelled) for name, spelled in wanted.items()}
        return {name: count for name, count in counted.items() if count}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    if os.geteuid() or not MOUNT or not FORMAT:
        pytest.skip("NOT TESTED: the raw disk, which needs root, mount and mkfs.ext4 for an image of its own")
    found = Disk(tmp_path / "image", tmp_path / "disk")
    found.folder.mkdir()
    with found.image.open("wb") as file:
        file.truncate(SIZE)
    subprocess.run([FORMAT, "-q", found.image], check=True)
    mounted = subprocess.run([MOUNT, "-o", "loop", found.image, found.folder], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"NOT TESTED: the raw disk, for an image cannot be mounted here ({mounted.stderr.strip()})")
    try:
        yield found
    finally:
        subprocess.run(["umount", found.folder], check=True)


def words() -> dict[str, list[bytes]]:
    return {name: list(spellings(word)) for name, word in WORDS.items()}


def report(kiosk: Kiosk, number: int) -> None:
    fields = {"name": WORDS["name"], "place": WORDS["place"], "description": f"{WORDS['description']} " * (number * 5)}
    assert kiosk.post("/fr/report/theft", fields)[0] == 200


def sealed_pieces(settings: Settings) -> list[bytes]:
    with open_database(settings.database) as db:
        return [row[0][40:72] for row in db.execute("SELECT content FROM reports WHERE content IS NOT NULL")]


def rest(settings: Settings) -> None:
    with open_database(settings.database) as db:
        db.execute(
            "UPDATE reports SET state = 'closed', closed_at = '2020-01-01T00:00:00.000Z', closed_by = 'x',"
            " hidden_as = 'spam'"
        )
        db.conn.commit()


@pytest.mark.ci
def test_no_word_of_a_delivered_report_and_no_key_is_on_the_raw_disk(disk: Disk) -> None:
    instance = disk.folder / "instance"
    settings = Settings(instance=instance)
    instance.mkdir()
    (instance / "kiosk.toml").write_text("[retention]\nnotice = 0\n")
    with Inbox() as inbox:
        environment = inbox.environment | {"KIOSK_SMTP__AMBIGUOUS_WAIT": "1"}
        with Kiosk("--no-forwarder", instance=instance, environment=environment) as kiosk:
            for number in range(REPORTS):
                report(kiosk, number)
            assert disk.holds(words()).keys() >= {"description", "place", "name"}, "they wait, and can be found"
            assert kiosk.terminate() == 0  # SQLite unlinks the log, with all of them in it
            kiosk.start()
            kiosk.wait_until_it_answers()
            command(instance, "backup", str(disk.folder / "before.backup"))
            with Program("forward", instance=instance, environment=environment) as forwarder:
                inbox.wait_for(REPORTS // 2)
                forwarder.kill()
                kiosk.kill()
                kiosk.start()
                kiosk.wait_until_it_answers()
                command(instance, "backup", str(disk.folder / "between.backup"))
                forwarder.start()
                wait_until_all_is_sent(instance)
                until(lambda: not disk.holds(words()), told=lambda: disk.holds(words()))
        assert disk.holds(words()) == {}, "a clean stop gives no block back that still holds them"

    secret = {path.name: [path.read_bytes()] for path in settings.secrets.glob("*.key")}
    assert secret.keys() >= {"site-siege.key", "backup.key"}
    assert disk.holds(secret).keys() == secret.keys()
    with start.prepare(settings, clock.now()) as db:
        Reader(db, name="anna")
    command(instance, "init")
    assert disk.holds(secret).keys() == {"backup-signing.key", "follow-up.key"}, "they last, and open no report"

    sealed = {"sealed": sealed_pieces(settings)}
    assert disk.holds(sealed)
    rest(settings)
    command(instance, "purge", "--clock-is-right")
    assert disk.holds(sealed) == {}
    assert sealed_pieces(settings) == []
