"""Encrypted archive: streaming writer and reader with constant memory.

A header (magic, recipient's public key, data key sealed to it), then chunks of 1 MiB, AES-256-GCM under the data key. A
nonce is the chunk's number and a last-chunk flag, and the header is bound in: a changed, moved, missing or truncated
chunk does not open (STREAM, Hoang et al. 2015). Inside is a tar; its first member lists the others with their SHA-256.
"""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kiosk.errors import StoreError
from kiosk.store.keys.sealing import open_sealed, seal

MAGIC = b"KIOSKBK1"
CHUNK = 1024 * 1024  # bytes
TAG = 16
SEALED_KEY = 81  # bytes: suite, HPKE's encapsulated key, data key, tag
HEADER = len(MAGIC) + 32 + SEALED_KEY
LIST = "manifest.json"
DAMAGED = "Cette sauvegarde est endommagée ou incomplète : rien n'a été modifié. Prenez-en une autre copie."


@dataclass(frozen=True, slots=True)
class Contents:
    """``facts``: the writer's metadata; ``digests``: SHA-256 of each file, in hex."""

    facts: Mapping[str, Any]
    digests: Mapping[str, str]


def write(target: BinaryIO, public_key: bytes, files: Mapping[str, BinaryIO], facts: Mapping[str, Any]) -> bytes:
    """Write each file from its current position; returns the data key."""
    data_key = AESGCM.generate_key(256)
    header = MAGIC + public_key + seal(data_key, public_key, context=MAGIC)
    target.write(header)
    sink = _Encrypting(target, AESGCM(data_key), header)
    digests = {name: _digest_from_here(file) for name, file in files.items()}
    told = json.dumps({"facts": facts, "files": digests}, ensure_ascii=False, sort_keys=True).encode()
    with tarfile.open(fileobj=sink, mode="w|") as tar:
        _add(tar, LIST, io.BytesIO(told))
        for name, file in files.items():
            _add(tar, name, file)
    sink.end()
    return data_key


def unseal(source: BinaryIO, private_key: X25519PrivateKey) -> bytes:
    """Return the data key; raises StoreError if this is no backup or another key's."""
    header = _header(source)
    try:
        return open_sealed(header[-SEALED_KEY:], private_key, context=MAGIC)
    except StoreError as error:
        raise StoreError("Cette clé n'ouvre pas cette sauvegarde : rien n'a été modifié.") from error


@contextmanager
def reading(source: BinaryIO, data_key: bytes) -> Iterator[tuple[Contents, Iterator[tuple[str, BinaryIO]]]]:
    """Contents, and each file to be read before the next. Raises StoreError at any damage."""
    header = _header(source)
    opened = _Decrypting(source, AESGCM(data_key), header)
    try:
        with tarfile.open(fileobj=opened, mode="r|") as tar:
            told = json.loads(_first(tar).read())
            yield Contents(told["facts"], told["files"]), _members(tar, told["files"])
        opened.read_to_the_end()
    except (tarfile.TarError, ValueError, KeyError, EOFError) as error:
        raise StoreError(DAMAGED) from error


def _header(source: BinaryIO) -> bytes:
    source.seek(0)
    header = source.read(HEADER)
    if len(header) != HEADER or not header.startswith(MAGIC):
        raise StoreError("Ce fichier n'est pas une sauvegarde de borne.")
    return header


def digest_of(file: BinaryIO) -> str:
    """SHA-256 in hex of the unread rest."""
    digest = hashlib.sha256()
    while block := file.read(CHUNK):
        digest.update(block)
    return digest.hexdigest()


def _digest_from_here(file: BinaryIO) -> str:
    start = file.tell()
    digest = digest_of(file)
    file.seek(start)
    return digest


def _add(tar: tarfile.TarFile, name: str, file: BinaryIO) -> None:
    start = file.tell()
    entry = tarfile.TarInfo(name)
    entry.size = file.seek(0, os.SEEK_END) - start
    file.seek(start)
    tar.addfile(entry, file)


def _first(tar: tarfile.TarFile) -> BinaryIO:
    entry = tar.next()
    content = tar.extractfile(entry) if entry and entry.name == LIST else None
    if content is None:
        raise StoreError(DAMAGED)
    return content  # type: ignore[return-value]


def _members(tar: tarfile.TarFile, digests: Mapping[str, str]) -> Iterator[tuple[str, BinaryIO]]:
    missing = set(digests)
    while (entry := tar.next()) is not None:
        content = tar.extractfile(entry)
        if entry.name not in missing or content is None:
            raise StoreError(DAMAGED)
        missing.remove(entry.name)
        yield entry.name, content  # type: ignore[misc]
    if missing:
        raise StoreError(DAMAGED)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11) + bytes([last])


class _Encrypting(io.RawIOBase):
    def __init__(self, target: BinaryIO, cipher: AESGCM, header: bytes) -> None:
        self._target, self._cipher, self._header = target, cipher, header
        self._waiting = bytearray()
        self._number = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401 - as in the base class
        self._waiting += data
        while len(self._waiting) > CHUNK:  # keep a rest: the last chunk must be marked
            self._put(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]
        return len(data)

    def end(self) -> None:
        self._put(bytes(self._waiting), last=True)

    def _put(self, chunk: bytes, *, last: bool) -> None:
        self._target.write(self._cipher.encrypt(_nonce(self._number, last=last), chunk, self._header))
        self._number += 1


class _Decrypting(io.RawIOBase):
    def __init__(self, source: BinaryIO, cipher: AESGCM, header: bytes) -> None:
        self._source, self._cipher, self._header = source, cipher, header
        self._opened = b""
        self._ahead = source.read(CHUNK + TAG)
        self._number = 0
        self._ended = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while (size < 0 or len(self._opened) < size) and not self._ended:
            self._opened += self._next()
        size = len(self._opened) if size < 0 else size
        given, self._opened = self._opened[:size], self._opened[size:]
        return given

    def read_to_the_end(self) -> None:
        """Only the last chunk proves that nothing was cut off."""
        while not self._ended:
            self._next()

    def _next(self) -> bytes:
        chunk, self._ahead = self._ahead, self._source.read(CHUNK + TAG)
        self._ended = not self._ahead
        try:
            opened = self._cipher.decrypt(_nonce(self._number, last=self._ended), chunk, self._header)
        except (InvalidTag, ValueError) as error:
            raise StoreError(DAMAGED) from error
        self._number += 1
        return opened
