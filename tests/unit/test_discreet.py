"""What a log may say of an error."""

import ast
import subprocess
import sys
from datetime import UTC, datetime, timedelta
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


def test_no_module_logs_the_text_of_an_unknown_error_and_moments_are_in_utc() -> None:
    program = """
import logging, sys
from kiosk.discreet import set_up_log
set_up_log(sys.stderr)
try:
    raise LookupError("MARKER-3381")
except LookupError:
    logging.getLogger("some.library").exception("it failed")
"""
    environment = {"TZ": "America/New_York", "PYTHONPATH": str(KIOSK.parent)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    first, *_, last = done.stderr.splitlines()
    moment, level, words = first.split(" ", 2)
    assert (level, words, last) == ("ERROR", "it failed", "LookupError")
    assert abs(datetime.fromisoformat(moment) - datetime.now(UTC)) < timedelta(minutes=5)
    assert "MARKER" not in done.stderr


def test_only_one_module_takes_tracebacks_apart() -> None:
    modules = {path.relative_to(KIOSK).as_posix(): ast.parse(path.read_text()) for path in KIOSK.rglob("*.py")}
    assert [
        name
        for name, tree in modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import) and any(alias.name == "traceback" for alias in node.names)
    ] == ["discreet.py"]
