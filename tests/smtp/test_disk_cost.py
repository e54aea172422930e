"""What a report with 1 kB of text costs on the disk, measured: what the kiosk promises to hold rests on it."""

from pathlib import Path

import pytest

from kiosk.domain import disk_room
from kiosk.store.base.connection import open_database
from kiosk.store.outbox.deliveries import count_waiting
from tests.processes import Inbox, Kiosk
from tests.waiting import until

REPORTS = 40
AUDIENCES = """
[[audiences]]
id = "mssi"
role = "mssi"
name = "MSSI"
address = "mssi@organisme.example"

[[audiences]]
id = "manager"
role = "manager"
name = "Responsable d'immeuble"
address = "responsable@organisme.example"

[[audiences]]
id = "dpo"
role = "dpo"
name = "DPO"
address = "dpo@organisme.example"
"""
WORDS = "La porte du local technique ne ferme plus et la badgeuse reste au rouge. "


def used(kiosk: Kiosk) -> int:
    """Bytes of the database that hold something."""
    with open_database(kiosk.database) as db:
        pages, free, size = (
            int(db.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_count", "freelist_count", "page_size")
        )
    return (pages - free) * size


def waiting(kiosk: Kiosk) -> int:
    with open_database(kiosk.database) as db:
        return count_waiting(db)


def bodies(kiosk: Kiosk) -> int:
    with open_database(kiosk.database) as db:
        return int(db["bodies"].count)


def send(kiosk: Kiosk) -> None:
    for number in range(REPORTS):
        text = f"{number} {WORDS * 20}"[:1000]
        assert kiosk.post("/fr/report/theft", {"description": text})[0] == 200


@pytest.mark.ci
def test_a_report_costs_what_the_reserve_reckons_with(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    instance.mkdir()
    (instance / "kiosk.toml").write_text(AUDIENCES, encoding="utf-8")
    with Inbox() as inbox:
        with Kiosk("--no-forwarder", instance=instance, environment=inbox.environment) as kiosk:
            before = used(kiosk)
            send(kiosk)
            assert waiting(kiosk) == REPORTS * 3
            is_about((used(kiosk) - before) / REPORTS, disk_room.WAITING)
        with Kiosk(instance=instance, environment=inbox.environment) as kiosk:
            until(lambda: waiting(kiosk) == bodies(kiosk) == 0)
            is_about((used(kiosk) - before) / REPORTS, disk_room.KEPT)


def is_about(measured: float, promised: int) -> None:
    assert promised * 2 / 3 < measured < promised * 4 / 3, f"{measured:.0f} bytes, and not {promised}"
