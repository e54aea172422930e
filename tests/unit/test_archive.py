"""A backup's file: whatever happened to it on the way, it opens whole or not at all."""

import io
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.errors import StoreError
from kiosk.store.instance import archive
from kiosk.store.instance.archive import CHUNK, HEADER, TAG
from tests.build import flipped

KEY = X25519PrivateKey.generate()
PUBLIC = KEY.public_key().public_bytes_raw()
WHOLE = CHUNK + TAG


def packed(**files: bytes) -> bytes:
    target = io.BytesIO()
    archive.write(target, PUBLIC, {name: io.BytesIO(content) for name, content in files.items()}, {"said": "so"})
    return target.getvalue()


def unpacked(raw: bytes, key: X25519PrivateKey = KEY) -> dict[str, bytes]:
    source = io.BytesIO(raw)
    with archive.reading(source, archive.unseal(source, key)) as (contents, members):
        assert contents.facts == {"said": "so"}
        return {name: content.read() for name, content in members}


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7])
def test_files_of_any_size_come_back(size: int) -> None:
    files = {"kiosk.db": bytes(index % 251 for index in range(size % 997)) * (size // 997 + 1), "other": b"x"}
    assert unpacked(packed(**files)) == files


LONG = packed(first=b"a" * (2 * CHUNK), second=b"b" * 10)


def chunks(raw: bytes) -> list[bytes]:
    body = raw[HEADER:]
    return [body[start : start + WHOLE] for start in range(0, len(body), WHOLE)]


@settings(max_examples=60)
@given(st.integers(0, len(LONG) - 1))
def test_a_single_changed_bit_is_found_wherever_it_is(place: int) -> None:
    with pytest.raises(StoreError):
        unpacked(flipped(LONG, place))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: raw[:-1],
        lambda raw: raw[: HEADER + WHOLE],
        lambda raw: raw[: HEADER + 2 * WHOLE],
        lambda raw: raw[:HEADER],
        lambda raw: raw[:10],
        lambda raw: b"",
        lambda raw: raw + b"\0",
        lambda raw: raw[:HEADER] + b"".join([chunks(raw)[1], chunks(raw)[0], *chunks(raw)[2:]]),
        lambda raw: raw[:HEADER] + b"".join([chunks(raw)[0], *chunks(raw)[2:]]),
        lambda raw: raw[:HEADER] + b"".join([chunks(raw)[0], chunks(raw)[0], *chunks(raw)[1:]]),
        lambda raw: packed(first=b"c")[:HEADER] + raw[HEADER:],
    ],
)
def test_what_was_cut_swapped_repeated_or_mixed_is_refused(spoil: Callable[[bytes], bytes]) -> None:
    assert len(chunks(LONG)) == 3
    with pytest.raises(StoreError):
        unpacked(spoil(LONG))


def test_another_key_opens_nothing() -> None:
    with pytest.raises(StoreError, match="Cette clé n'ouvre pas cette sauvegarde"):
        unpacked(LONG, X25519PrivateKey.generate())


def test_nothing_of_a_file_is_to_be_read_in_it() -> None:
    raw = packed(secret=b"MARKER-7741" * 50)
    assert b"MARKER" not in raw
    assert b"secret" not in raw


def test_a_file_that_ends_early_is_noticed_although_its_end_was_never_asked_for() -> None:
    source = io.BytesIO(LONG[: HEADER + 2 * WHOLE])
    with (
        pytest.raises(StoreError, match="endommagée ou incomplète"),
        archive.reading(source, archive.unseal(source, KEY)) as (_, members),
    ):
        next(members)
