"""A later version of the program: one with another migration."""

from pathlib import Path

import pytest

from kiosk.store.base import migrations
from kiosk.store.base.migrations import SCHEMA, read_migrations

ADDS = "ALTER TABLE deliveries ADD COLUMN colour TEXT;\n"


def with_later_migration(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts the files of this version and one more into a new folder, and lets the program read them there."""
    files = folder / "schema"
    files.mkdir()
    for file in SCHEMA.iterdir():
        (files / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    (files / f"{len(list(files.iterdir())) + 1:04}_later.sql").write_text(script, encoding="utf-8")
    monkeypatch.setattr(migrations, "migrations", read_migrations(files))
