"""The wheel tells what it is made of: a CycloneDX bill of the locked packages, for scanners of known weaknesses."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hatchling.builders.wheel import WheelBuilder

from kiosk.commands.sbom import bill_of_materials

CHECKOUT = Path(__file__).resolve().parents[2]
BILL = bill_of_materials(CHECKOUT, "ssi-kiosk", "0.1.0")
COMPONENTS = {component["purl"]: component for component in BILL["components"]}


def locked_for_python() -> set[str]:
    lock = (CHECKOUT / "requirements.lock").read_text(encoding="utf-8")
    return {f"pkg:pypi/{name}@{version}" for name, version in re.findall(r"^([\w.-]+)==([\w.!+]+)", lock, re.MULTILINE)}


def locked_for_browsers() -> set[str]:
    packages: dict[str, Any] = json.loads((CHECKOUT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    return {f"pkg:npm/{name.replace('@', '%40')}@{version}" for name, version in packages.items()}


def test_it_lists_what_the_locks_name_and_nothing_else() -> None:
    assert len(locked_for_python()) > 20
    assert set(COMPONENTS) == locked_for_python() | locked_for_browsers()
    assert len(BILL["components"]) == len(COMPONENTS)


def test_it_has_the_form_that_scanners_read() -> None:
    assert (BILL["bomFormat"], BILL["specVersion"]) == ("CycloneDX", "1.6")
    assert BILL["metadata"]["component"]["name"] == "ssi-kiosk"
    for component in COMPONENTS.values():
        assert component["type"] == "library"
        assert component["purl"].endswith(f"@{component['version']}")


def test_it_tells_which_package_asks_for_which() -> None:
    wanted = {each["ref"]: set(each["dependsOn"]) for each in BILL["dependencies"]}
    references = {"ssi-kiosk", *COMPONENTS}
    assert set(wanted) == references
    assert set().union(*wanted.values()) == references - {"ssi-kiosk"}, "each component is asked for"
    named = {re.sub(r"^pkg:\w+/|@[^@]*$", "", ref) for ref in wanted["ssi-kiosk"]}
    project = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    own = re.findall(r'^  "([a-z-]+)[><=]', project.split("[project.optional")[0], re.MULTILINE)
    assert {"flask", "pyrage", "cryptography", "htmx.org"} <= named
    assert set(own) <= named


def test_it_names_no_download_address() -> None:
    assert "://" not in json.dumps(BILL)


def test_the_build_puts_it_in_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIOSK_NO_ASSETS", "1")
    (wheel,) = WheelBuilder(str(CHECKOUT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as packed:
        (name,) = (name for name in packed.namelist() if name.endswith(".cdx.json"))
        assert re.fullmatch(r"ssi_kiosk-[\d.]+\.dist-info/sboms/ssi-kiosk\.cdx\.json", name)
        assert json.loads(packed.read(name))["components"] == BILL["components"]
