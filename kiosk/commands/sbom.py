"""Software bill of materials (CycloneDX) of the locked dependencies; the build puts it in the wheel (PEP 770).

Standard library only: the build hook loads this file by its path, as it does assets.py.
"""

import base64
import json
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

NAME = "ssi-kiosk.cdx.json"
PYTHON_LOCK, BROWSER_LOCK = "requirements.lock", "package-lock.json"
PINNED = re.compile(r"(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^\s;\\]+)")
VIA = re.compile(r" +# (?:via |  )(?P<parent>[a-z0-9][a-z0-9._-]*)")  # which package asks for the one above


def bill_of_materials(root: Path, name: str, version: str) -> dict[str, Any]:
    """No date and no serial number: the same locks give the same file. Hashes of Python packages are in their lock."""
    lock = (root / PYTHON_LOCK).read_text(encoding="utf-8")
    python, browser = _python_packages(lock), _browser_packages(root)
    ours = {**_component("pypi", name, version), "bom-ref": name, "type": "application"}
    refs = {name: name} | {package: component["bom-ref"] for package, component in python.items()}
    needs = _needs(lock)
    wanted = {ref: sorted(refs[child] for child in needs[package]) for package, ref in refs.items()}
    wanted |= {component["bom-ref"]: [] for component in browser}
    wanted[name] = [*wanted[name], *sorted(component["bom-ref"] for component in browser)]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"lifecycles": [{"phase": "build"}], "component": ours},
        "components": [*python.values(), *browser],
        "dependencies": [{"ref": ref, "dependsOn": wanted[ref]} for ref in sorted(wanted)],
    }


def write(root: Path, folder: Path, name: str, version: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    path.write_text(json.dumps(bill_of_materials(root, name, version), indent=2) + "\n", encoding="utf-8")
    return path


def _python_packages(lock: str) -> Mapping[str, dict[str, Any]]:
    pinned = [found for line in lock.splitlines() if (found := PINNED.match(line))]
    return {found["name"]: _component("pypi", found["name"], found["version"]) for found in pinned}


def _browser_packages(root: Path) -> list[dict[str, Any]]:
    """Those whose files are in the wheel: the tests' stay outside."""
    packages = json.loads((root / BROWSER_LOCK).read_text(encoding="utf-8"))["packages"]
    return [
        _component("npm", path.removeprefix("node_modules/"), entry["version"])
        | {
            "licenses": [{"license": {"id": entry["license"]}}],
            "hashes": [{"alg": "SHA-512", "content": base64.b64decode(entry["integrity"][7:]).hex()}],
        }
        for path, entry in packages.items()
        if path and not entry.get("dev")
    ]


def _component(kind: str, name: str, version: str) -> dict[str, Any]:
    purl = _purl(kind, name, version)
    return {"bom-ref": purl, "type": "library", "name": name, "version": version, "purl": purl}


def _purl(kind: str, name: str, version: str) -> str:
    return f"pkg:{kind}/{quote(name)}@{quote(version)}"


def _needs(lock: str) -> Mapping[str, set[str]]:
    """Requirements of each package, as the comments in the lock say."""
    needs, current = defaultdict[str, set[str]](set), ""
    for line in lock.splitlines():
        if pinned := PINNED.match(line):
            current = pinned["name"]
        elif current and (via := VIA.match(line)):
            needs[via["parent"]].add(current)
    return needs
