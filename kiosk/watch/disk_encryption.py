"""Disk encryption: does a folder lie on dm-crypt (LUKS)?"""

import os
from enum import Enum, auto
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
DEVICES = Path("/sys/dev/block")
CRYPT = "CRYPT-"  # how the kernel's name of an encrypted device begins


class Encryption(Enum):
    """``UNKNOWN``: the file system shows no device below it (network, container, ZFS, eCryptfs)."""

    YES = auto()
    NO = auto()
    UNKNOWN = auto()


def encryption_of(folder: Path) -> Encryption:
    """Every device below the folder's file system must be encrypted, or lie on encrypted ones (LVM, RAID)."""
    try:
        device = _device_of(folder)
        if device is None:
            return Encryption.UNKNOWN
        return Encryption.YES if _is_encrypted(device) else Encryption.NO
    except OSError:
        return Encryption.UNKNOWN


def _device_of(folder: Path) -> Path | None:
    """Its directory in sysfs; btrfs shows an anonymous number, but names its device."""
    number, source = _mount_of(folder)
    if (DEVICES / number).exists():
        return (DEVICES / number).resolve()
    if not source.startswith("/dev/"):
        return None
    raw = Path(source).stat().st_rdev
    named = DEVICES / f"{os.major(raw)}:{os.minor(raw)}"
    return named.resolve() if named.exists() else None


def _mount_of(folder: Path) -> tuple[str, str]:
    """Device number and source of the file system, see proc_pid_mountinfo(5); the last mount on a place counts."""
    place = folder.resolve()
    found = ("", "")
    longest = -1
    for line in MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        mounted, _, kind = line.partition(" - ")
        fields = mounted.split(" ")
        point = Path(fields[4].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\"))
        if place.is_relative_to(point) and len(point.parts) >= longest:
            found, longest = (fields[2], kind.split(" ")[1]), len(point.parts)
    return found


def _is_encrypted(device: Path) -> bool:
    name = device / "dm" / "uuid"
    if name.exists() and name.read_text(encoding="ascii").startswith(CRYPT):
        return True
    below = list((device / "slaves").iterdir()) if (device / "slaves").exists() else []
    if (device / "partition").exists():
        below = [device.parent]  # the disk, or the RAID, that was divided
    return bool(below) and all(_is_encrypted(each.resolve()) for each in below)
