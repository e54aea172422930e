"""Everybody finds their letters on the screen: French with accents, English, Arabic, and what an organisation adds."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.config import Languages, Settings
from kiosk.config.keyboards import read_layouts
from kiosk.resources import static_folder
from kiosk.web.public.keyboards import layouts
from tests.unit.test_config import refusal

OURS = read_layouts(static_folder() / "keyboards")
ARABIC = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي" + "أإآءئؤىة"
ALPHABETS = {
    "azerty": "abcdefghijklmnopqrstuvwxyz0123456789éèêëàâçùûôîï',.?-",
    "qwerty": "abcdefghijklmnopqrstuvwxyz0123456789',.?-",
    "arabic": ARABIC + "0123456789،؟.",
    "telephone": "0123456789+",
}


def keys(code: str, level: str = "default") -> set[str]:
    return {key for row in OURS[code]["layout"][level] for key in row.split()}


def add(settings: Settings, name: str, content: object) -> Settings:
    settings.keyboards.mkdir(parents=True, exist_ok=True)
    text = content if isinstance(content, str) else json.dumps(content)
    (settings.keyboards / f"{name}.json").write_text(text, encoding="utf-8")
    return settings


@pytest.mark.parametrize("code", ALPHABETS)
def test_no_letter_is_missing(code: str) -> None:
    assert set(ALPHABETS[code]) - keys(code) == set()
    assert "{bksp}" in keys(code)


@pytest.mark.parametrize("code", ["azerty", "qwerty"])
def test_every_letter_has_its_capital(code: str) -> None:
    small = {key for key in keys(code) if len(key) == 1 and key.isalpha()}
    assert {letter.upper() for letter in small} <= keys(code, "shift")


@pytest.mark.parametrize("code", OURS)
def test_both_levels_have_their_acting_keys_in_the_same_places(code: str) -> None:
    levels = [[row.split() for row in rows] for rows in OURS[code]["layout"].values()]
    ends = [[[key for key in (row[0], row[-1]) if key.startswith("{")] for row in rows] for rows in levels]
    assert all(found == ends[0] for found in ends)


def test_each_terminal_gets_the_keyboards_of_its_languages_and_no_more(settings: Settings) -> None:
    assert set(layouts(settings)) == {"azerty", "qwerty", "arabic", "telephone"}
    only_french = replace(settings, languages=Languages(offered=("fr",)))
    assert set(layouts(only_french)) == {"azerty", "qwerty", "telephone"}


def test_an_organisation_may_add_a_layout_and_replace_one_of_ours(settings: Settings) -> None:
    add(settings, "turkish", {"name": "Türkçe", "languages": ["tr"], "layout": {"default": ["ğ ü ş {bksp}"]}})
    add(settings, "azerty", {"name": "Bépo", "languages": ["fr"], "layout": {"default": ["b é p o"]}})
    found = layouts(settings)
    assert found["turkish"]["direction"] == "ltr"
    assert found["azerty"]["name"] == "Bépo"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "x.json ne peut pas être lu"),
        ([], "« name » manque"),
        ({"name": " ", "layout": {"default": ["a"]}}, "« name » manque"),
        ({"name": "X"}, "doit contenir les rangées de « default »"),
        ({"name": "X", "layout": {"shift": ["a"]}}, "doit contenir les rangées de « default »"),
        ({"name": "X", "layout": {"default": ["a"], "alt": ["b"]}}, "doit contenir les rangées"),
        ({"name": "X", "layout": {"default": []}}, "1 à 7 rangées"),
        ({"name": "X", "layout": {"default": ["a"] * 8}}, "1 à 7 rangées"),
        ({"name": "X", "layout": {"default": "a b"}}, "1 à 7 rangées"),
        ({"name": "X", "layout": {"default": [""]}}, "1 à 14 touches"),
        ({"name": "X", "layout": {"default": [" ".join("abcdefghijklmno")]}}, "1 à 14 touches"),
        ({"name": "X", "layout": {"default": ["a {tab}"]}}, "« {tab} » n'est aucune touche"),
        ({"name": "X", "layout": {"default": ["a"]}, "direction": "up"}, "ltr ou rtl"),
        ({"name": "X", "layout": {"default": ["a"]}, "languages": "tr"}, "liste de codes de langue"),
        ({"name": "X", "layout": {"default": ["a"]}, "lang": "tr"}, "il n'y a que name"),
    ],
)
def test_a_layout_that_no_keyboard_can_be_made_of_stops_the_start_with_one_sentence(
    settings: Settings, content: object, sentence: str
) -> None:
    add(settings, "x", content)
    told = refusal(settings.instance, "")
    assert told.startswith("keyboards/x.json ")
    assert sentence in told
    assert "\n" not in told


def test_other_files_in_the_folder_are_no_layouts(settings: Settings, tmp_path: Path) -> None:
    add(settings, "turkish", {"name": "Türkçe", "layout": {"default": ["ğ"]}})
    (settings.keyboards / "README.txt").write_text("ours")
    assert set(read_layouts(settings.keyboards)) == {"turkish"}
