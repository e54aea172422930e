"""What a log may say of an error."""

import ast
from pathlib import Path

import pytest

from kiosk.discreet import traceback_of
from kiosk.errors import NotConfirmed

KIOSK = Path(__file__).resolve().parents[2] / "kiosk"


def caught(error: Exception) -> Exception:
    with pytest.raises(type(error)) as info:
        raise error
    return info.value


def test_the_text_of_an_unknown_error_stays_out_and_its_place_is_told() -> None:
    told = traceback_of(caught(LookupError("MARKER-3381")))
    assert told.endswith("LookupError")
    assert "in caught" in told
    assert "MARKER" not in told


def test_our_own_errors_and_the_systems_keep_their_text() -> None:
    assert traceback_of(caught(NotConfirmed("disk I/O error"))).endswith("NotConfirmed: disk I/O error")
    assert traceback_of(caught(OSError(28, "No space left on device"))).endswith("No space left on device")


def test_only_one_module_takes_tracebacks_apart() -> None:
    modules = {path.relative_to(KIOSK).as_posix(): ast.parse(path.read_text()) for path in KIOSK.rglob("*.py")}
    assert [
        name
        for name, tree in modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import) and any(alias.name == "traceback" for alias in node.names)
    ] == ["discreet.py"]
