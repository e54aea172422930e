"""Does `kiosk check` see whether the instance lies on dm-crypt? On what the kernel shows of such machines."""

from pathlib import Path

import pytest
from sqlite_utils import Database

from kiosk.config import Settings
from kiosk.domain.troubles import Colour
from kiosk.domain.troubles.setup import DISK_UNENCRYPTED, DISK_UNKNOWN
from kiosk.watch import disk_encryption
from kiosk.watch.check import find_troubles
from kiosk.watch.disk_encryption import Encryption, encryption_of
from tests.build import NOON

PLAIN = {"254:0": ""}
LUKS = {"253:0": "CRYPT-LUKS2-0f3a-crypt", "254:0": ""}
LVM = {"253:1": "LVM-x", "253:0": "CRYPT-LUKS2-0f3a-crypt", "254:0": ""}
BELOW = {"253:1": ["253:0"], "253:0": ["254:0"]}


class Machine:
    """Folders like those of the kernel."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.devices = folder / "dev-block"
        self.devices.mkdir()
        monkeypatch.setattr(disk_encryption, "MOUNTS", folder / "mountinfo")
        monkeypatch.setattr(disk_encryption, "DEVICES", self.devices)

    def has(self, uuids: dict[str, str], below: dict[str, list[str]] = BELOW) -> None:
        for number, uuid in uuids.items():
            device = self.folder / "devices" / number
            (device / "slaves").mkdir(parents=True)
            (self.devices / number).symlink_to(device)
            if uuid:
                (device / "dm").mkdir()
                (device / "dm" / "uuid").write_text(f"{uuid}\n")
        for number in uuids:
            for other in below.get(number, []):
                if other in uuids:
                    (self.folder / "devices" / number / "slaves" / other).symlink_to(self.folder / "devices" / other)

    def divided(self, number: str, of: str) -> None:
        part = self.folder / "devices" / of / "part"
        part.mkdir()
        (part / "partition").write_text("1\n")
        (self.devices / number).symlink_to(part)

    def mounts(self, *lines: str) -> None:
        (self.folder / "mountinfo").write_text("".join(f"{line}\n" for line in lines))


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def mount(number: str, point: str | Path = "/", kind: str = "ext4", source: str = "/dev/mapper/x") -> str:
    escaped = str(point).replace(" ", "\\040")
    return f"27 1 {number} / {escaped} rw,relatime shared:1 - {kind} {source} rw"


@pytest.mark.parametrize(
    ("uuids", "number", "found"),
    [
        (PLAIN, "254:0", Encryption.NO),
        (LUKS, "253:0", Encryption.YES),
        (LVM, "253:1", Encryption.YES),
        ({"253:1": "LVM-x", "254:0": ""}, "253:1", Encryption.NO),
        ({}, "0:45", Encryption.UNKNOWN),
    ],
    ids=["plain", "LUKS", "LVM on LUKS", "LVM alone", "network"],
)
def test_the_device_or_all_below_it_must_be_encrypted(
    machine: Machine, tmp_path: Path, uuids: dict[str, str], number: str, found: Encryption
) -> None:
    machine.has(uuids)
    machine.mounts(mount(number, source="server:/export" if not uuids else "/dev/mapper/x"))
    assert encryption_of(tmp_path) == found


def test_one_plain_disk_below_is_one_too_many(machine: Machine, tmp_path: Path) -> None:
    machine.has(LVM | {"254:16": ""}, {"253:1": ["253:0", "254:16"], "253:0": ["254:0"]})
    machine.mounts(mount("253:1"))
    assert encryption_of(tmp_path) == Encryption.NO


def test_a_partition_is_as_encrypted_as_what_was_divided(machine: Machine, tmp_path: Path) -> None:
    machine.has(LUKS)
    machine.divided("259:1", of="253:0")
    machine.divided("259:2", of="254:0")
    for number, found in (("259:1", Encryption.YES), ("259:2", Encryption.NO)):
        machine.mounts(mount(number))
        assert encryption_of(tmp_path) == found


def test_the_deepest_and_last_mount_counts(machine: Machine, tmp_path: Path) -> None:
    machine.has(LUKS)
    instance = tmp_path / "the kiosk" / "instance"
    instance.mkdir(parents=True)
    machine.mounts(mount("254:0"), mount("254:0", instance.parent), mount("253:0", instance.parent))
    assert encryption_of(instance) == Encryption.YES
    machine.mounts(mount("253:0"), mount("254:0", instance.parent), mount("253:0", f"{instance}-other"))
    assert encryption_of(instance) == Encryption.NO


def test_a_machine_that_shows_nothing_cannot_tell(machine: Machine, tmp_path: Path) -> None:
    assert encryption_of(tmp_path) == Encryption.UNKNOWN


@pytest.mark.parametrize(
    ("uuids", "number", "told"),
    [(PLAIN, "254:0", DISK_UNENCRYPTED), (LUKS, "253:0", None), ({}, "0:45", DISK_UNKNOWN)],
    ids=["plain", "LUKS", "network"],
)
def test_check_says_so_in_orange(
    db: Database, settings: Settings, machine: Machine, uuids: dict[str, str], number: str, told: object
) -> None:
    machine.has(uuids)
    machine.mounts(mount(number, source="server:/export"))
    both = (DISK_UNENCRYPTED, DISK_UNKNOWN)
    found = [each.trouble for each in find_troubles(db, settings, NOON) if each.trouble in both]
    assert found == ([told] if told else [])
    assert all(each.colour == Colour.AMBER for each in found)
