"""Ballast: a file that takes up room until the disk is full. Removed then, it lets mails leave and staff act."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from kiosk.config import Settings

SIZE = 16 * 1024 * 1024  # bytes: a few logs of 4 MiB, and some thousand acts
FULL_FROM = 2 * 1024 * 1024  # bytes left
LAID_FROM = 20 * SIZE  # bytes left: more than a disk that is short of room has


def keep(settings: Settings) -> None:
    """Release it on a full disk, lay it where there is room again. Never raises: it must stop nothing."""
    with suppress(OSError):
        free, file = shutil.disk_usage(settings.instance).free, file_of(settings)
        if free < FULL_FROM:
            file.unlink(missing_ok=True)
        elif free > LAID_FROM and not file.exists():
            _lay(file)


def file_of(settings: Settings) -> Path:
    return Path(f"{settings.database}-ballast")


def _lay(file: Path) -> None:
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, SIZE)
    except OSError:
        file.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
