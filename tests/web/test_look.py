"""The organisation recognises itself on the screen; whether its colour can be read: tests/browser/test_look.py."""

import re
from dataclasses import replace
from pathlib import Path

from sqlite_utils import Database

from kiosk import public_app, staff_app
from kiosk.config import Organisation, Settings, Site, Terminal
from kiosk.web.shared.look import stylesheet
from tests.web.contractor import Contractor

ACCENTS = ["#0b5563", "#c1121f", "#a85400"]


def wearing(settings: Settings, **identity: object) -> Settings:
    return replace(settings, organisation=replace(Organisation(), **identity))


def test_the_colour_is_the_organisations(settings: Settings) -> None:
    assert "--brand: #c1121f;" in stylesheet(wearing(settings, accent="#C1121F"))


def test_the_millimetre_is_that_of_the_terminal_on_which_the_page_is_shown(settings: Settings) -> None:
    terminals = (Terminal(id="a", name="A"), Terminal(id="b", name="B", density=2.71))
    here = replace(settings, sites=(Site(id="s", name="S", terminals=terminals),), terminal="b")
    assert "--mm: 2.71px;" in stylesheet(here)


def test_both_doors_wear_it_in_a_file_that_browsers_keep(db: Database, settings: Settings) -> None:
    for app in (public_app(settings), staff_app(settings)):
        client = Contractor(app)
        [address] = re.findall(r'href="(/static/look\.css\?v=\w+)"', client.opens("/nowhere").page)
        sheet = client.fetches(address)
        assert (sheet.status_code, sheet.mimetype) == (200, "text/css")
        assert "immutable" in sheet.headers["Cache-Control"]


def test_another_colour_is_another_address(db: Database, settings: Settings) -> None:
    pages = [Contractor(public_app(wearing(settings, accent=accent))).opens("/").page for accent in ACCENTS]
    assert len({match for page in pages for match in re.findall(r"look\.css\?v=\w+", page)}) == len(ACCENTS)


def test_the_logo_stands_beside_the_name_and_is_read_by_nobody_twice(
    db: Database, settings: Settings, tmp_path: Path
) -> None:
    logo = tmp_path / "logo.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    contractor = Contractor(public_app(wearing(settings, logo=logo)))
    [address] = re.findall(r'<img class="logo" src="([^"]+)" alt="">', contractor.opens("/").page)
    shown = contractor.fetches(address)
    assert (shown.mimetype, shown.get_data()) == ("image/svg+xml", logo.read_bytes())
    assert "script-src 'self'" in shown.headers["Content-Security-Policy"], "a script in it would not run"


def test_without_a_logo_there_is_no_empty_frame(contractor: Contractor) -> None:
    assert "<img" not in contractor.opens("/").page
