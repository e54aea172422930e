"""`make bench` still measures everything, and leaves nothing running: nobody starts it every day."""

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from tests.bench.__main__ import MEASUREMENTS
from tests.processes import ROOT

TINY = ("--rounds", "1", "--size", "3", "--reports", "200", "--memory-reports", "3")


def processes_with(mark: str) -> list[str]:
    """Of those whose environment holds it."""
    return [place.parent.name for place in Path("/proc").glob("[0-9]*/environ") if mark.encode() in contents_of(place)]


def contents_of(place: Path) -> bytes:
    try:
        return place.read_bytes()
    except OSError:  # somebody else's, or gone meanwhile
        return b""


@pytest.mark.ci
@pytest.mark.system_calls
def test_a_tiny_bench_takes_every_figure_and_ends_what_it_started(tmp_path: Path) -> None:
    results, mark = tmp_path / "bench.json", f"bench-{uuid4()}"
    command = [sys.executable, "-m", "tests.bench", *TINY, "--json", str(results)]
    environment = {**os.environ, "STARTED_BY": mark}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    assert processes_with(mark) == []
    sections = json.loads(results.read_text(encoding="utf-8"))["sections"]
    assert [section["heading"] for section in sections] == [each.heading for each in MEASUREMENTS.values()]
    for section in sections:
        assert section["figures"] or section["notes"], "without strace or a Chromium it says so"
        for figure in section["figures"]:
            ((ours, theirs),) = figure["rounds"]
            assert min(ours, theirs) > 0, figure["name"]
            assert figure["name"] in ended.stdout
            # Its marks are committed one by one: fewer would be those of another thread.
            assert theirs >= 1 or not figure["name"].startswith("syncs of a mail")
