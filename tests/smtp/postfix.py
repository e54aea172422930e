"""Postfix's own programs: the installed ones, or those of Debian's package, fetched and unpacked (never installed)."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.processes import ROOT, free_port
from tests.waiting import PATIENCE, until

UNPACKED = ROOT / ".cache" / "postfix"
UNPRIVILEGED = "nobody"
FETCH_PATIENCE = 60  # seconds


class Unavailable(Exception):
    """Postfix cannot be had here; says why."""


class Programs:
    """``root`` is "/" or where the package was unpacked."""

    def __init__(self, root: Path) -> None:
        self.sink = root / "usr/sbin/smtp-sink"
        self.daemons = root / "usr/lib/postfix/sbin"
        self.libraries = root / "usr/lib/postfix"

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "LD_LIBRARY_PATH": str(self.libraries)}


def find_programs() -> Programs:
    """Raises Unavailable."""
    installed = Programs(Path("/"))
    if installed.sink.exists() and installed.daemons.exists():
        return installed
    unpacked = Programs(UNPACKED)
    if not unpacked.sink.exists():
        _fetch()
    said = subprocess.run([unpacked.sink], env=unpacked.environment, capture_output=True, text=True, check=False).stderr
    if "usage" not in said:
        raise Unavailable(f"smtp-sink does not run here: {said.strip()}")
    return unpacked


def _fetch() -> None:
    for tool in ("apt-get", "dpkg"):
        if shutil.which(tool) is None:
            raise Unavailable(f"Postfix is not installed and there is no {tool} to fetch its package")
    folder = UNPACKED.with_name(f"postfix-{os.getpid()}")
    folder.mkdir(parents=True)
    try:
        _run("apt-get", "-o", "APT::Sandbox::User=root", "download", "postfix", folder=folder)
        _run("dpkg", "-x", *[package.name for package in folder.glob("postfix_*.deb")], "tree", folder=folder)
        shutil.rmtree(UNPACKED, ignore_errors=True)
        (folder / "tree").rename(UNPACKED)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(*command: str, folder: Path) -> None:
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=FETCH_PATIENCE)
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"{command[0]} took longer than {FETCH_PATIENCE} seconds") from error
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"Postfix is not installed, and {command[0]} says: {error.stderr.strip()[-300:]}") from error


class SmtpSink:
    """`smtp-sink` with the given options, until the block is left; afterwards ``taken`` says how many mails it got."""

    def __init__(self, programs: Programs, *options: str, port: int = 0) -> None:
        self.port = port or free_port()
        self.taken = 0
        as_nobody = ("-u", UNPRIVILEGED) if os.geteuid() == 0 else ()
        self._command = [programs.sink, "-c", *as_nobody, *options, f"127.0.0.1:{self.port}", "100"]
        self._environment = programs.environment

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        wait_until_it_listens(self.port, self._process)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        said, _ = self._process.communicate(timeout=PATIENCE)
        counted = re.findall(rb"mesg=(\d+)", said)
        self.taken = int(counted[-1]) if counted else 0


def wait_until_it_listens(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Looks at the kernel's table of sockets: a connection to try would count as a visit."""
    until(lambda: _is_listened_to(port) or process.poll() is not None, told=lambda: f"nobody listens on {port}")
    assert process.poll() is None, f"it ended: {process.stdout.read() if process.stdout else b''!r}"


def _is_listened_to(port: int) -> bool:
    """State 0A is LISTEN (proc(5))."""
    pattern = rf"^ *\d+: [0-9A-F]{{8}}:{port:04X} \S+ 0A "
    return bool(re.search(pattern, Path("/proc/net/tcp").read_text(encoding="ascii"), re.MULTILINE))
