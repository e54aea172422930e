"""Backup file: a signed tar in an age file, read and written as a stream.

The tar's first member lists the others with their SHA-256, the second signs that list (Ed25519). `age -d` and `tar`
open it where there is no kiosk. Nothing of an unsigned file is used, and only the end of the stream proves it whole.
"""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Thread
from typing import Any, BinaryIO, cast

import pyrage
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pyrage import x25519

from kiosk.errors import StoreError
from kiosk.store.keys import age_keys

BEGINNING = b"age-encryption.org/v1\n"
BLOCK = 1024 * 1024  # bytes read at once
LIST, SIGNATURE = "manifest.json", "manifest.sig"  # the signature follows the 32 bytes of the signer's public key
UNSIGNED_MOST = 4 * BLOCK  # bytes read before the signature is verified: anybody can encrypt to a public key
NOT_CHANGED = "Rien n'a été modifié."
DAMAGED = f"Cette sauvegarde est endommagée ou incomplète : prenez-en une autre copie. {NOT_CHANGED}"
NOT_SIGNED = (
    f"Cette sauvegarde n'est pas signée, ou sa signature est fausse : aucune borne ne l'a écrite. {NOT_CHANGED}"
)
NOT_OURS = f"Ce fichier n'est pas une sauvegarde de borne. {NOT_CHANGED}"
NOT_OPENED = f"Cette clé n'ouvre pas cette sauvegarde, ou le début du fichier est abîmé. {NOT_CHANGED}"


@dataclass(frozen=True, slots=True)
class Contents:
    """``signer``: public key that signed it; ``facts``: the writer's metadata; ``digests``: SHA-256 of each file."""

    signer: bytes
    facts: Mapping[str, Any]
    digests: Mapping[str, str]


def write(
    target: BinaryIO,
    public_key: bytes,
    signer: Ed25519PrivateKey,
    files: Mapping[str, BinaryIO],
    facts: Mapping[str, Any],
) -> X25519PrivateKey:
    """Write each file from its current position; returns a key of this one file, to read it back with."""
    once = X25519PrivateKey.generate()
    keys = (public_key, once.public_key().public_bytes_raw())
    recipients = [x25519.Recipient.from_str(age_keys.recipient(key)) for key in keys]
    digests = {name: _digest_from_here(file) for name, file in files.items()}
    told = json.dumps({"facts": facts, "files": digests}, ensure_ascii=False, sort_keys=True).encode()
    signature = signer.public_key().public_bytes_raw() + signer.sign(told)
    signed: dict[str, BinaryIO] = {LIST: io.BytesIO(told), SIGNATURE: io.BytesIO(signature)}
    source, sink = _Source(_tar({**signed, **files})), _Sink(target)
    with suppress(pyrage.EncryptError):  # it says in a text what the source or the sink said in an exception
        pyrage.encrypt_io(source, sink, recipients)
    if failure := source.failure or sink.failure:
        raise failure
    return once


@contextmanager
def reading(source: BinaryIO, key: X25519PrivateKey) -> Iterator[tuple[Contents, Iterator[tuple[str, BinaryIO]]]]:
    """Contents, verified, and each file to be read before the next. Raises StoreError at any damage.

    Who the signer is, the caller judges; and compares each file with its digest.
    """
    source.seek(0)
    if source.read(len(BEGINNING)) != BEGINNING:
        raise StoreError(NOT_OURS)
    source.seek(0)
    with _Decrypted(source, key) as opened:
        try:
            with tarfile.open(fileobj=cast("BinaryIO", opened), mode="r|") as tar:
                contents = _verified(_member(tar, LIST), _member(tar, SIGNATURE))
                opened.limit = None
                yield contents, _members(tar, contents.digests, opened)
        except (tarfile.TarError, ValueError, KeyError, EOFError) as error:
            raise StoreError(DAMAGED) from error


def digest_of(file: BinaryIO) -> str:
    """SHA-256 in hex of the unread rest."""
    digest = hashlib.sha256()
    while block := file.read(BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _digest_from_here(file: BinaryIO) -> str:
    start = file.tell()
    digest = digest_of(file)
    file.seek(start)
    return digest


def _verified(told: bytes, signature: bytes) -> Contents:
    signer, signature = signature[:32], signature[32:]
    try:
        Ed25519PublicKey.from_public_bytes(signer).verify(signature, told)
    except (InvalidSignature, ValueError) as error:
        raise StoreError(NOT_SIGNED) from error
    read = json.loads(told)
    return Contents(signer, read["facts"], read["files"])


def _member(tar: tarfile.TarFile, name: str) -> bytes:
    entry = tar.next()
    content = tar.extractfile(entry) if entry and entry.name == name else None
    if content is None:
        raise StoreError(NOT_SIGNED)
    return content.read()


def _members(tar: tarfile.TarFile, digests: Mapping[str, str], opened: "_Decrypted") -> Iterator[tuple[str, BinaryIO]]:
    missing = set(digests)
    while (entry := tar.next()) is not None:
        content = tar.extractfile(entry)
        if entry.name not in missing or content is None:
            raise StoreError(DAMAGED)
        missing.remove(entry.name)
        yield entry.name, content  # type: ignore[misc]
    if missing:
        raise StoreError(DAMAGED)
    opened.length = tar.offset + 2 * tarfile.BLOCKSIZE


def _tar(files: Mapping[str, BinaryIO]) -> Iterator[bytes]:
    """As tarfile would write it, but pulled: pyrage asks for the next bytes."""
    for name, file in files.items():
        entry = tarfile.TarInfo(name)
        entry.mode = 0o600
        start = file.tell()
        entry.size = file.seek(0, os.SEEK_END) - start
        file.seek(start)
        yield entry.tobuf(tarfile.GNU_FORMAT)
        left = entry.size
        while left:
            block = file.read(min(left, BLOCK))
            if not block:
                raise OSError(f"{name} a été raccourci pendant la copie")
            left -= len(block)
            yield block
        yield bytes(-entry.size % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


class _Source:
    """Reads what an iterator gives; keeps its exception, of which pyrage tells only the text."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._rest = blocks, memoryview(b"")
        self.failure: BaseException | None = None

    def read(self, size: int) -> bytes:
        try:
            while not self._rest:
                self._rest = memoryview(next(self._blocks))
        except StopIteration:
            return b""
        except BaseException as error:
            self.failure = error
            raise
        given, self._rest = self._rest[:size], self._rest[size:]
        return bytes(given)


class _Sink:
    """Keeps the exception of a failed write: pyrage tells only the text, and nothing at all of its last write."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self.failure: BaseException | None = None

    def write(self, data: bytes) -> int:
        try:
            return self._target.write(data)
        except BaseException as error:
            self.failure = error
            raise

    def flush(self) -> None:
        """Asked for by pyrage; the caller syncs the file."""

    def close(self) -> None:
        self._target.close()


class _Decrypted:
    """Pipe from a thread that decrypts: pyrage pushes and tarfile pulls.

    ``limit``: bytes that may be read until the signature is verified. ``length``: of the tar, once it is known.
    """

    def __init__(self, source: BinaryIO, key: X25519PrivateKey) -> None:
        self.limit: int | None = UNSIGNED_MOST
        self.length: int | None = None
        self._read = 0
        self._identity = x25519.Identity.from_str(age_keys.identity(key))
        reading_end, writing_end = os.pipe()
        self._pipe, self._sink = os.fdopen(reading_end, "rb"), _Sink(os.fdopen(writing_end, "wb", buffering=0))
        self._failure: Exception | None = None
        self._thread = Thread(target=self._decrypt, args=(source,))
        self._thread.start()

    def read(self, size: int) -> bytes:
        given = self._pipe.read(size)
        self._read += len(given)
        if self.limit is not None and self._read > self.limit:
            raise StoreError(NOT_SIGNED)
        return given

    def __enter__(self) -> "_Decrypted":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        """The end of the stream, and only that, proves that nothing was cut off or added."""
        while error is None and self.read(BLOCK):
            pass
        self._pipe.close()
        self._thread.join()
        if self._failure and not self._sink.failure and (error is None or isinstance(error, StoreError)):
            raise self._told() from self._failure
        if error is None and self.length not in (None, self._read):
            raise StoreError(DAMAGED)

    def _decrypt(self, source: BinaryIO) -> None:
        try:
            pyrage.decrypt_io(source, self._sink, [self._identity])
        except (pyrage.DecryptError, OSError) as error:
            self._failure = error
        finally:
            self._sink.close()

    def _told(self) -> Exception:
        """pyrage raises an OSError without a number for damage."""
        if isinstance(self._failure, pyrage.DecryptError):
            return StoreError(NOT_OPENED)
        assert isinstance(self._failure, OSError)
        return self._failure if self._failure.errno else StoreError(DAMAGED)
