"""Power cuts, simulated from a trace of system calls.

A disk may have kept any part of what was not synced when the power went: each write whole, not at all, or some of its
512-byte sectors; each truncation or not. A name that was unlinked may still be there.
"""

import random
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.processes import ROOT

SECTOR = 512
CALLS = "openat,pwrite64,write,ftruncate,fsync,fdatasync,rename,unlink,link,linkat"
LINE = re.compile(r"^\d+ (\w+)\((.*)\) = (\d+)(<.*>)?$")
FD = re.compile(r"^\d+<([^>]*)>")


@dataclass(frozen=True, slots=True)
class Call:
    """``path``: of the file or name; ``other``: the second name. ``data`` is written at ``offset``."""

    name: str
    path: str
    other: str = ""
    data: bytes = b""
    offset: int = 0


@dataclass(slots=True)
class File:
    """``synced`` is what the disk must have; ``pending`` what it may have, in order."""

    synced: bytearray = field(default_factory=bytearray)
    pending: list[Call] = field(default_factory=list)


@dataclass(slots=True)
class Disk:
    """Goes on changing with each call. ``promised``: what had been said to somebody by then.

    ``gone``: unlinked names that the disk may still have.
    """

    files: dict[str, File]
    gone: dict[str, File] = field(default_factory=dict)
    promised: list[str] = field(default_factory=list)

    def follow(self, call: Call) -> None:
        match call.name:
            case "promise":
                self.promised.append(call.path.strip())
            case "create":
                self.files.setdefault(call.path, File())
                self.gone.pop(call.path, None)
            case "link":
                self.files[call.other] = self.files[call.path]
            case "rename":
                self.files[call.other] = self.files.pop(call.path)
            case "unlink":
                self.gone[call.path] = self.files.pop(call.path)
            case "fsync" | "fdatasync":
                self._sync(call.path)
            case _:
                self.files[call.path].pending.append(call)

    def _sync(self, path: str) -> None:
        if path not in self.files:  # a folder
            self.gone.clear()
            return
        for call in self.files[path].pending:
            apply(self.files[path].synced, call)
        self.files[path].pending.clear()

    def survives(self, path: str, dice: random.Random, kind: str) -> bytes | None:
        """What is found under that name."""
        file = self.files.get(path) or (self.gone.get(path) if dice.random() < 0.5 else None)
        return survivors(file, dice, kind) if file else None


def record(trace: Path, instance: Path, mode: str) -> list[Call]:
    """Runs tests/crash/traced.py on the instance."""
    command = ["strace", "-f", "-y", "-xx", "-s", "100000000", "-e", f"trace={CALLS}", "-o", str(trace)]
    work = [sys.executable, "-m", "tests.crash.traced", str(instance), mode]
    subprocess.run([*command, *work], cwd=ROOT, check=True, capture_output=True)
    return list(calls(trace, instance))


def calls(trace: Path, instance: Path) -> Iterator[Call]:
    """Those in the instance, and the promises."""
    unfinished: dict[str, str] = {}
    for line in trace.read_text(encoding="ascii").splitlines():
        process, _, rest = line.partition(" ")
        if rest.endswith("<unfinished ...>"):
            unfinished[process] = rest.removesuffix(" <unfinished ...>")
            continue
        if resumed := re.match(r"\s*<\.\.\. \w+ resumed>(.*)", rest):
            rest = unfinished.pop(process) + resumed[1]
        found = _call(re.sub(r"\)\s+=", ") =", f"{process} {rest.strip()}"))
        if found and (found.name == "promise" or found.path.startswith(str(instance))):
            yield found


def _call(line: str) -> Call | None:
    parts = LINE.match(line)
    if parts is None:
        return None
    name, arguments, _, opened = parts.groups()
    words = arguments.split(", ")
    if name == "openat":
        return Call("create", _text(opened[1:-1])) if "O_CREAT" in arguments and opened else None
    if name in ("rename", "unlink", "link"):
        return Call(name, _quoted(words[0]), _quoted(words[1]) if len(words) > 1 else "")
    if name == "linkat":
        return Call("link", _quoted(words[1]), _quoted(words[3]))
    file = FD.match(words[0])
    path = _text(file[1]) if file else ""
    if name == "write":
        assert "kiosk.db" not in path, "pwrite64 tells where"
        return Call("promise", _bytes(words[1]).decode()) if words[0].startswith("1<") else None
    if name == "pwrite64":
        return Call("write", path, data=_bytes(words[1]), offset=int(words[3]))
    return Call(name, path, offset=int(words[1]) if name == "ftruncate" else 0)


def _bytes(quoted: str) -> bytes:
    return bytes.fromhex(quoted.strip('"').replace("\\x", ""))


def _text(escaped: str) -> str:
    return bytes.fromhex(escaped.replace("\\x", "")).decode() if escaped.startswith("\\x") else escaped


def _quoted(word: str) -> str:
    return _text(word.strip('"'))


def disk_before(instance: Path) -> Disk:
    return Disk({str(path): File(bytearray(path.read_bytes())) for path in instance.rglob("*") if path.is_file()})


def apply(content: bytearray, call: Call) -> None:
    if call.name == "ftruncate":
        del content[call.offset :]
        content.extend(bytes(max(0, call.offset - len(content))))
        return
    content.extend(bytes(max(0, call.offset - len(content))))
    content[call.offset : call.offset + len(call.data)] = call.data


def survivors(file: File, dice: random.Random, kind: str) -> bytes:
    """What is found of it. ``kind``: nothing (of the unsynced), everything, some calls, or some sectors of each."""
    content = bytearray(file.synced)
    for call in file.pending:
        if kind == "nothing" or (kind != "everything" and dice.random() < 0.5):
            continue
        if kind == "sectors" and call.name == "write":
            for part in _sectors(call, dice):
                apply(content, part)
        else:
            apply(content, call)
    return bytes(content)


def _sectors(call: Call, dice: random.Random) -> Iterator[Call]:
    start = 0
    while start < len(call.data):
        end = min(len(call.data), (call.offset + start) // SECTOR * SECTOR + SECTOR - call.offset)
        if dice.random() < 0.5:
            yield Call("write", call.path, data=call.data[start:end], offset=call.offset + start)
        start = end
