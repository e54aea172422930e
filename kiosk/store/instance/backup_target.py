"""Target of a backup: a file that gets its name when it is complete, in a folder that may be a share.

A share (CIFS, NFS, FUSE, FAT) may know neither hard links nor the sync of a folder: neither stops a backup. As root the
file is the caller's, although the command acts as the owner of the instance.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, TypeVar

from kiosk.config import Settings
from kiosk.errors import StoreError
from kiosk.store.instance.owner import outside
from kiosk.store.keys.site_keys import sync_folder

PARTIAL = ".partial"
T = TypeVar("T")
UNKNOWN = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF, errno.EACCES, errno.EPERM}


class Target:
    """``file``: to be written; ``size``: in bytes, once it has its name."""

    def __init__(self, settings: Settings, path: Path) -> None:
        self._settings, self._path = settings, path
        with outside(settings, path):
            descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=PARTIAL)
        self._partial = Path(name)
        self.file: BinaryIO = os.fdopen(descriptor, "r+b")
        self.size = 0

    def sync(self) -> None:
        self.file.flush()
        _tolerant(os.fsync, self.file.fileno())

    def give_name(self, *, replace: bool) -> None:
        """Raises FileExistsError if the name is taken; StoreError, with a complete file, if its folder fails."""
        self.size = os.fstat(self.file.fileno()).st_size
        with outside(self._settings, self._path):
            self._link_or_rename(replace=replace)
            try:
                _tolerant(sync_folder, self._path.parent)
            except OSError as error:
                raise StoreError(
                    f"{self._path} est complet et relu, mais son disque n'a pas confirmé ce nom"
                    f" ({error.strerror}) : vérifiez ce disque, et que le fichier s'y trouve encore."
                ) from error

    def _link_or_rename(self, *, replace: bool) -> None:
        if not replace:
            try:
                self._path.hardlink_to(self._partial)
            except OSError:  # no hard links here, or the name is taken
                if self._has_name():  # over NFS the link may be made and its answer lost
                    return
                if self._path.exists():
                    raise FileExistsError from None
            else:
                return
        self._partial.rename(self._path)

    def _has_name(self) -> bool:
        with suppress(OSError):
            return self._path.samefile(self._partial)
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """A failed removal changes nothing for the backup."""
        with suppress(OSError):
            self.file.close()
        with suppress(OSError), outside(self._settings, self._path):
            self._partial.unlink()


def give_second_name(path: Path, name: Path) -> None:
    """A copy where the file system knows no hard links."""
    try:
        name.hardlink_to(path)
    except OSError:
        name.touch(mode=0o600)
        shutil.copyfile(path, name)


def _tolerant(sync: Callable[[T], None], what: T) -> None:
    try:
        sync(what)
    except OSError as error:
        if error.errno not in UNKNOWN:
            raise
