"""A backup's file: whatever happened to it on the way, it opens whole or not at all, and only signed."""

import io
import json
import os
import resource
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from pyrage import x25519

from kiosk.errors import StoreError
from kiosk.store.instance import backup_file
from kiosk.store.instance.backup_file import LIST, SIGNATURE
from kiosk.store.keys import age_keys
from tests.build import flipped

KEY, SIGNER = X25519PrivateKey.generate(), Ed25519PrivateKey.generate()
PUBLIC = KEY.public_key().public_bytes_raw()
CHUNK = 64 * 1024 + 16  # of age's payload
FILES = {"first": b"a" * 150_000, "second": b"b" * 10}


def packed(files: Mapping[str, bytes] = FILES, signer: Ed25519PrivateKey = SIGNER) -> bytes:
    target = io.BytesIO()
    sources = {name: io.BytesIO(content) for name, content in files.items()}
    backup_file.write(target, PUBLIC, signer, sources, {"said": "so"})
    return target.getvalue()


def unpacked(raw: bytes, key: X25519PrivateKey = KEY) -> dict[str, bytes]:
    with backup_file.reading(io.BytesIO(raw), key) as (contents, members):
        assert contents.facts == {"said": "so"}
        assert contents.signer == SIGNER.public_key().public_bytes_raw()
        found = {}
        for name, content in members:
            found[name] = content.read()
            assert backup_file.digest_of(io.BytesIO(found[name])) == contents.digests[name]
        return found


@pytest.mark.parametrize("size", [0, 1, 511, 512, 65_535, 65_536, 65_537, 3 * 1024 * 1024 + 7])
def test_files_of_any_size_come_back(size: int) -> None:
    files = {"kiosk.db": bytes(index % 251 for index in range(size % 997)) * (size // 997 + 1), "other": b"x"}
    assert unpacked(packed(files)) == files


def test_a_file_is_copied_from_where_it_was_read_to() -> None:
    target, source = io.BytesIO(), io.BytesIO(b"behind")
    source.seek(2)
    backup_file.write(target, PUBLIC, SIGNER, {"x": source}, {"said": "so"})
    assert unpacked(target.getvalue()) == {"x": b"hind"}


LONG = packed()
HEADER = LONG.index(b"\n--- ") + len(b"\n--- ") + 43 + 1 + 16  # the MAC's line, then the nonce


def chunks(raw: bytes) -> list[bytes]:
    body = raw[HEADER:]
    return [body[start : start + CHUNK] for start in range(0, len(body), CHUNK)]


@settings(max_examples=60)
@given(st.integers(0, len(LONG) - 1))
def test_a_single_changed_bit_is_found_wherever_it_is(place: int) -> None:
    with pytest.raises(StoreError):
        unpacked(flipped(LONG, place))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: raw[:-1],
        lambda raw: raw[: HEADER + CHUNK],
        lambda raw: raw[: HEADER + 2 * CHUNK],
        lambda raw: raw[:HEADER],
        lambda raw: raw[:10],
        lambda raw: b"",
        lambda raw: raw + b"\0",
        lambda raw: raw[:HEADER] + b"".join([chunks(raw)[1], chunks(raw)[0], *chunks(raw)[2:]]),
        lambda raw: raw[:HEADER] + b"".join([chunks(raw)[0], *chunks(raw)[2:]]),
        lambda raw: raw[:HEADER] + b"".join([chunks(raw)[0], chunks(raw)[0], *chunks(raw)[1:]]),
        lambda raw: packed({"first": b"c"})[:HEADER] + raw[HEADER:],
    ],
)
def test_what_was_cut_swapped_repeated_or_mixed_is_refused(spoil: Callable[[bytes], bytes]) -> None:
    assert len(chunks(LONG)) == 3
    with pytest.raises(StoreError, match="Rien n'a été modifié"):
        unpacked(spoil(LONG))


def test_another_key_opens_nothing() -> None:
    with pytest.raises(StoreError, match="Cette clé n'ouvre pas cette sauvegarde"):
        unpacked(LONG, X25519PrivateKey.generate())


def test_nothing_of_a_file_is_to_be_read_in_it() -> None:
    raw = packed({"secret": b"MARKER-7741" * 50})
    assert b"MARKER" not in raw
    assert b"secret" not in raw


def test_a_file_that_ends_early_is_noticed_although_its_end_was_never_asked_for() -> None:
    source = io.BytesIO(LONG[: HEADER + 2 * CHUNK])
    with (
        pytest.raises(StoreError, match="endommagée ou incomplète"),
        backup_file.reading(source, KEY) as (_, members),
    ):
        next(members)


def sealed(*members: tuple[str, bytes]) -> bytes:
    """What anybody can make who knows the public key."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as made:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            made.addfile(entry, io.BytesIO(content))
    return pyrage.encrypt(tar.getvalue(), [x25519.Recipient.from_str(age_keys.recipient(PUBLIC))])


def genuine(name: str) -> bytes:
    plain = pyrage.decrypt(LONG, [x25519.Identity.from_str(age_keys.identity(KEY))])
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        content = tar.extractfile(name)
        assert content
        return content.read()


TOLD = json.dumps({"facts": {"said": "so"}, "files": {"x": "00"}}).encode()
STRANGER = Ed25519PrivateKey.generate()
FORGED = {
    "no signature": [(LIST, TOLD), ("x", b"x")],
    "no list": [(SIGNATURE, genuine(SIGNATURE)), ("x", b"x")],
    "an empty one": [(LIST, TOLD), (SIGNATURE, b"")],
    "a short one": [(LIST, genuine(LIST)), (SIGNATURE, genuine(SIGNATURE)[:-1])],
    "that of another list": [(LIST, TOLD), (SIGNATURE, genuine(SIGNATURE))],
    "one byte in the list": [(LIST, flipped(genuine(LIST))), (SIGNATURE, genuine(SIGNATURE))],
    "a stranger's under our key": [
        (LIST, TOLD),
        (SIGNATURE, SIGNER.public_key().public_bytes_raw() + STRANGER.sign(TOLD)),
    ],
    "nothing at all": [],
}


@pytest.mark.parametrize("members", FORGED.values(), ids=list(FORGED))
def test_what_nobody_signed_is_refused(members: list[tuple[str, bytes]]) -> None:
    with pytest.raises(StoreError, match="n'est pas signée"):
        unpacked(sealed(*members))


@pytest.mark.parametrize(
    "members",
    [[("first", b"a" * 150_000)], [("second", b"b" * 10), ("more", b"x")], [("first", b"c" * 150_000)]],
    ids=["one is missing", "one too many", "another content"],
)
def test_a_signed_list_over_other_files_is_refused(members: list[tuple[str, bytes]]) -> None:
    head = [(LIST, genuine(LIST)), (SIGNATURE, genuine(SIGNATURE))]
    with pytest.raises((StoreError, AssertionError)):
        unpacked(sealed(*head, *members))


@pytest.mark.parametrize("size", [1, 4_000, 20_000, 3 * backup_file.BLOCK])
def test_what_lies_behind_the_end_of_the_tar_is_signed_by_nobody(size: int) -> None:
    recipient = x25519.Recipient.from_str(age_keys.recipient(PUBLIC))
    tar = pyrage.decrypt(packed(), [x25519.Identity.from_str(age_keys.identity(KEY))])
    assert unpacked(pyrage.encrypt(tar, [recipient])) == FILES
    with pytest.raises(StoreError, match="endommagée"):
        unpacked(pyrage.encrypt(tar + b"x" * size, [recipient]))


def test_an_endless_list_that_nobody_signed_fills_no_memory() -> None:
    entry = tarfile.TarInfo(LIST)
    entry.size = 1 << 33
    endless = entry.tobuf(tarfile.GNU_FORMAT) + b"{" * (64 << 20)
    raw = pyrage.encrypt(endless, [x25519.Recipient.from_str(age_keys.recipient(PUBLIC))])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(StoreError, match="n'est pas signée"):
        unpacked(raw)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000, "KiB"


class Failing(io.BytesIO):
    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > self.room:
            raise OSError(28, "No space left on device")
        return super().write(data)


@pytest.mark.parametrize(("room", "size"), [(0, 1), (0, 300_000), (100_000, 300_000)])
def test_a_write_that_fails_is_told_the_last_one_too(room: int, size: int) -> None:
    """A small file is written by the last write alone, in which the library drops an error."""
    with pytest.raises(OSError, match="No space left"):
        backup_file.write(Failing(room), PUBLIC, SIGNER, {"x": io.BytesIO(bytes(size))}, {"said": "so"})


def test_a_failing_medium_is_told_apart_from_a_damaged_file() -> None:
    class Medium(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 100_000:
                raise OSError(5, "Input/output error")
            return super().read(size)

    def read_all() -> None:
        with backup_file.reading(Medium(LONG), KEY) as (_, members):
            assert [content.read() for _, content in members]

    with pytest.raises(OSError, match="Input/output"):
        read_all()


def test_a_file_that_shrinks_meanwhile_is_told() -> None:
    class Shrinking(io.BytesIO):
        def seek(self, place: int, whence: int = 0) -> int:
            return super().seek(place, whence) + (1000 if whence == os.SEEK_END else 0)

    with pytest.raises(OSError, match="raccourci"):
        backup_file.write(io.BytesIO(), PUBLIC, SIGNER, {"x": Shrinking(b"abc")}, {})


def test_what_was_begun_to_read_can_be_left() -> None:
    with pytest.raises(ZeroDivisionError), backup_file.reading(io.BytesIO(LONG), KEY):
        raise ZeroDivisionError


def as_tar(raw: BinaryIO) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=raw) as tar:
        for entry in tar:
            content = tar.extractfile(entry)
            assert content
            yield entry.name, content.read()


def test_the_age_identity_opens_it_where_there_is_no_kiosk() -> None:
    plain = pyrage.decrypt(LONG, [x25519.Identity.from_str(age_keys.identity(KEY))])
    assert {**FILES, **dict(as_tar(io.BytesIO(plain)))}.keys() == {LIST, SIGNATURE, *FILES}
    assert dict(as_tar(io.BytesIO(plain))).items() >= FILES.items()


PROGRAMS = [name for name in ("age", "rage") if shutil.which(name)]


@pytest.mark.skipif(not PROGRAMS, reason="neither age nor rage is installed")
@pytest.mark.parametrize("program", PROGRAMS)
def test_the_programs_age_and_tar_open_it(tmp_path: Path, program: str) -> None:
    (tmp_path / "x.backup").write_bytes(LONG)
    (tmp_path / "key").write_text(age_keys.identity(KEY))
    subprocess.run(f"{program} -d -i key x.backup | tar x", shell=True, cwd=tmp_path, check=True)
    assert {name: (tmp_path / name).read_bytes() for name in FILES} == FILES
