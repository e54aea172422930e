"""Ballast: a file that takes up room until the disk is full. Removed then, it lets mails leave and staff act.

The reserve (kiosk/domain/disk_room.py) is where the terminal says it is out of service; other programs, and reports
that are sent all the same, may still use it up. The ballast is what nobody but the kiosk can have then.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from kiosk.config import Settings
from kiosk.domain.disk_room import RESERVE

SIZE = 8 * 1024 * 1024  # bytes: a write-ahead log of 4 MiB, and some thousand acts
FULL_FROM = 2 * 1024 * 1024  # bytes left
LAID_FROM = RESERVE + 2 * SIZE  # bytes left: it must not use up the reserve


def keep(settings: Settings) -> None:
    """For the background process: also lay it where there is room again. Never raises: it must stop nothing."""
    with suppress(OSError):
        release(settings)
        if _free(settings) > LAID_FROM and not file_of(settings).exists():
            _lay(file_of(settings))


def release(settings: Settings) -> None:
    """Only on a full disk. Never raises."""
    with suppress(OSError):
        if _free(settings) < FULL_FROM:
            file_of(settings).unlink(missing_ok=True)


def _free(settings: Settings) -> int:
    return shutil.disk_usage(settings.instance).free


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
