"""Owner of the instance: every command acts as that user, so that no file of root locks the service out.

Root takes the owner's ids, and its own again only for files outside the instance. Anybody else is refused.
"""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from kiosk.config import Settings
from kiosk.errors import StoreError


def act_as_owner(settings: Settings, *, for_good: bool = False) -> None:
    """``for_good``: root cannot be taken back. Nothing happens while there is no folder yet: its maker will own it.

    Raises StoreError for a user who is neither the owner nor root.
    """
    folder = settings.instance if settings.instance.exists() else settings.home
    if not folder.exists():
        return
    owner = folder.stat()
    if os.geteuid() not in (0, owner.st_uid):
        raise StoreError(
            f"« {folder} » appartient à {name_of(owner.st_uid)}, et vous êtes {name_of(os.geteuid())} :"
            " lancez cette commande sous ce compte (runuser -u COMPTE --), ou donnez-lui le répertoire (chown -R)."
        )
    if owner.st_uid != 0 and os.getuid() == 0:
        _take_ids(owner.st_uid, owner.st_gid, for_good=for_good)


@contextmanager
def outside(settings: Settings, path: Path) -> Iterator[None]:
    """As the caller, who may be root, for a path outside the instance."""
    user, group = os.geteuid(), os.getegid()
    if os.getuid() == user or path.resolve().is_relative_to(settings.instance.resolve()):
        yield
        return
    os.seteuid(os.getuid())
    os.setegid(os.getgid())
    try:
        yield
    finally:
        os.setegid(group)
        os.seteuid(user)


def open_outside(settings: Settings, path: Path) -> BinaryIO:
    """For reading."""
    with outside(settings, path):
        return path.open("rb")


def name_of(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"l'utilisateur {user}"


def strangers(settings: Settings) -> Iterator[Path]:
    """Files in the instance that another user than its own owns."""
    owner = settings.instance.stat().st_uid
    for folder, _, names in os.walk(settings.instance):
        for path in (Path(folder), *(Path(folder, name) for name in names)):
            if _owner_of(path) not in (None, owner):
                yield path


def _owner_of(path: Path) -> int | None:
    """None for a file that has gone meanwhile."""
    try:
        return path.lstat().st_uid
    except FileNotFoundError:
        return None


def _take_ids(user: int, group: int, *, for_good: bool) -> None:
    try:
        os.seteuid(0)  # after an earlier call
        _take_groups(user, group)
        if for_good:
            os.setresgid(group, group, group)
            os.setresuid(user, user, user)
        else:
            os.setegid(group)
            os.seteuid(user)
    except OSError as error:  # a container may take this right from root
        raise StoreError(
            f"Cette commande doit agir comme {name_of(user)}, à qui l'instance appartient, et ne le peut pas"
            f" ({error.strerror}) : lancez-la sous ce compte."
        ) from error


def _take_groups(user: int, group: int) -> None:
    try:
        os.initgroups(pwd.getpwuid(user).pw_name, group)
    except KeyError:  # a user id without a name
        os.setgroups([group])
