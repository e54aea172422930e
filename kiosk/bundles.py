"""Bundles of stylesheets and scripts, as static/bundles.toml lists them, and the names of their compressed copies.

Doors join a bundle from its files at its first use. A copy is named after the hash of what it holds: the copy of a file
that was edited since the build is not found, so no page can get it. Standard library only: the build hook loads this
file by its path, before the kiosk is installed.
"""

import hashlib
import tomllib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

LIST = "bundles.toml"
COPIES = "compressed"  # folder below static/
ENCODINGS: Mapping[str, str] = {"br": ".br", "gzip": ".gz"}  # name in HTTP: suffix of the copy; the smaller first
TEXTS = {".css", ".js", ".svg"}

Bundles = Mapping[str, Sequence[str]]


def read_bundles(static: Path) -> Bundles:
    """Names of files below ``static/``, by the name of their bundle."""
    return tomllib.loads((static / LIST).read_text(encoding="utf-8"))


def text_names(static: Path, bundles: Bundles) -> frozenset[str]:
    """Names of bundles, and of text files that are in none: all that is worth compressing."""
    bundled = {name for names in bundles.values() for name in names}
    found = {path.relative_to(static).as_posix() for path in static.rglob("*") if path.suffix in TEXTS}
    return frozenset({*bundles, *(found - bundled)})


def read_text(static: Path, name: str, bundles: Bundles, without: Collection[str] = ()) -> bytes:
    """A bundle lacks the files in ``without`` and those that are missing: pages work without them."""
    if name not in bundles:
        return (static / name).read_bytes()
    paths = [static / part for part in bundles[name] if part not in without]
    return b"\n".join(path.read_bytes() for path in paths if path.is_file())


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def copy_name(name: str, version: str, suffix: str) -> str:
    """``version``: digest of what the copy holds."""
    return f"{name}.{version}{suffix}"


def copies_to_make(static: Path) -> dict[str, bytes]:
    """Text to compress, by the name of its copy."""
    bundles = read_bundles(static)
    texts = {name: read_text(static, name, bundles) for name in sorted(text_names(static, bundles))}
    suffixes = ENCODINGS.values()
    return {copy_name(name, digest(text), suffix): text for name, text in texts.items() for suffix in suffixes}
