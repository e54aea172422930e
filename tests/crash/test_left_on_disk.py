"""Once a mail has left, no word of its report is on the disk: not in the instance, the log or a temporary file."""

import base64
import quopri
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.store.base.connection import open_database
from tests.processes import Inbox, Kiosk
from tests.waiting import until
from tests.web.contractor import Answer

MARKERS = ("Zébulon-4417", "MARKER-DESCRIPTION-9931", "MARKER-PLACE-2206")


def spellings(word: str) -> Iterator[bytes]:
    """As it might lie in a database, a mail or the memory of a program."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "latin-1"):
        yield word.encode(encoding)
    yield quopri.encodestring(word.encode())
    for padding in range(3):  # base64 depends on what stands before; the edges are not ours
        yield base64.b64encode(b"x" * padding + word.encode())[4:-4]


def where_found(folder: Path) -> list[tuple[str, bytes]]:
    return [
        (path.name, spelled)
        for path in folder.rglob("*")
        if path.is_file()
        for content in [path.read_bytes()]
        for marker in MARKERS
        for spelled in spellings(marker)
        if spelled in content
    ]


def test_no_word_that_was_added_to_a_report_is_left_on_the_disk_once_it_was_delivered(tmp_path: Path) -> None:
    with Inbox() as inbox, Kiosk(instance=tmp_path / "instance", environment=inbox.environment) as kiosk:
        receipt = Answer(*kiosk.post("/fr/report/theft", {"description": "vu"}))
        added = {"code": receipt.follow_up_code, "says": "found", "text": f"{MARKERS[1]} é" * 50}
        assert kiosk.post("/fr/follow-up", added)[0] == 200
        inbox.wait_for(4)
        until(lambda: not where_found(tmp_path), told=lambda: where_found(tmp_path))


@pytest.mark.parametrize("length", [1, 600])
def test_no_word_of_a_delivered_report_is_left_on_the_disk(tmp_path: Path, length: int) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with Inbox() as inbox:
        environment = inbox.environment | {"SQLITE_TMPDIR": str(temporary), "TMPDIR": str(temporary)}
        with Kiosk(instance=tmp_path / "instance", environment=environment) as kiosk:
            untouched = temporary.stat().st_mtime_ns
            name, description, place = MARKERS
            fields = {"name": name, "description": f"{description} é" * length, "place": place}
            assert kiosk.post("/fr/report/theft", fields)[0] == 200
            inbox.wait_for(2)
            until(lambda: not where_found(tmp_path), told=lambda: where_found(tmp_path))
            assert temporary.stat().st_mtime_ns == untouched, "a file was made there, if only for a moment"
        assert where_found(tmp_path) == []


@pytest.mark.parametrize("fields", [{"description": "vu"}, {"name": "x" * 501}], ids=["receipt", "refused form"])
def test_what_a_one_time_address_opened_is_not_left_on_the_disk_once_it_was_shown(
    fields: dict[str, str], tmp_path: Path
) -> None:
    """Its token stands in the browser's history."""
    with Inbox() as inbox, Kiosk(instance=tmp_path / "instance", environment=inbox.environment) as kiosk:
        address = kiosk.posts_without_going_on("/fr/report/theft", fields)
        with open_database(kiosk.database) as db:
            ((sealed,),) = db.execute("SELECT sealed FROM one_time_pages").fetchall()

        def left() -> list[str]:
            return [path.name for path in tmp_path.rglob("*") if path.is_file() and sealed[-40:] in path.read_bytes()]

        assert left() != []
        assert kiosk.get(address)[0] in (200, 422)
        until(lambda: not left(), told=left)
        assert kiosk.get(address)[0] == 410
