"""A real Postfix of the test's own: a private queue, no configuration but this, a Maildir for every address."""

import grp
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.processes import free_port
from tests.smtp.postfix import UNPRIVILEGED, Programs, wait_until_it_listens
from tests.waiting import PATIENCE

OWNER, POST_GROUP = "mail", "daemon"  # on every Debian; a real installation has users of its own for this
QUEUE = "active bounce corrupt defer deferred flush hold incoming maildrop pid private public saved trace"

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = {daemons}
command_directory = {commands}
mail_owner = {owner}
setgid_group = {group}
default_privs = {nobody}
import_environment = MAIL_CONFIG LD_LIBRARY_PATH={libraries}
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = postfix.invalid
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = loopback-only
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = static:all
virtual_mailbox_base = {folder}
virtual_mailbox_maps = static:maildir/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_transport = virtual
smtpd_recipient_restrictions = permit_mynetworks, reject
"""

MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
postlog unix-dgram n - n - 1 postlogd
"""


class LocalPostfix:
    """Only for root, as Postfix wants it. ``mails`` is what the Maildir holds."""

    def __init__(self, programs: Programs) -> None:
        self._programs = programs
        self.port = free_port()

    @property
    def mails(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted((self._folder / "maildir/new").glob("*"))]

    @property
    def log(self) -> str:
        path = self._folder / "log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else "no log"

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="kiosk-postfix-"))
        self._folder.chmod(0o755)
        self._make_folders()
        self._configure()
        command = [self._programs.daemons / "master", "-d", "-c", self._folder / "etc"]
        self._process = subprocess.Popen(command, env=self._programs.environment, stderr=subprocess.PIPE)
        wait_until_it_listens(self.port, self._process)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind:
            print(self.log)
        self._process.terminate()  # it takes its children along
        self._process.communicate(timeout=PATIENCE)
        shutil.rmtree(self._folder)

    def _make_folders(self) -> None:
        owner, group, nobody = pwd.getpwnam(OWNER), grp.getgrnam(POST_GROUP), pwd.getpwnam(UNPRIVILEGED)
        for name in ("etc", "queue", "data", "maildir", *(f"queue/{name}" for name in QUEUE.split())):
            (self._folder / name).mkdir()
        for name in QUEUE.split():
            os.chown(self._folder / "queue" / name, owner.pw_uid, -1)
        for name in ("maildrop", "public"):
            os.chown(self._folder / "queue" / name, owner.pw_uid, group.gr_gid)
        os.chown(self._folder / "queue/pid", 0, -1)
        os.chown(self._folder / "data", owner.pw_uid, -1)
        os.chown(self._folder / "maildir", nobody.pw_uid, nobody.pw_gid)

    def _configure(self) -> None:
        nobody = pwd.getpwnam(UNPRIVILEGED)
        main = MAIN.format(
            folder=self._folder,
            daemons=self._programs.daemons,
            commands=self._programs.sink.parent,
            libraries=self._programs.libraries,
            owner=OWNER,
            group=POST_GROUP,
            nobody=UNPRIVILEGED,
            uid=nobody.pw_uid,
            gid=nobody.pw_gid,
        )
        (self._folder / "etc/main.cf").write_text(main)
        (self._folder / "etc/master.cf").write_text(MASTER.format(port=self.port))
