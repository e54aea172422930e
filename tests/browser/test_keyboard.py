"""Whoever touches a field can write in it, in their own letters, on a terminal that has no keyboard."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Browse
from tests.browser.judge import objections, sideways
from tests.browser.waiting import painted, stop_clock, walk_away
from tests.processes import Kiosk

BOARD = "#keyboard"
PARTS = ("keyboard.min.js", "keyboard.css", "keyboards.json")
WORDS, PLACE, NAME, TELEPHONE = "#description", "#place", "#name", "#telephone"
DIALOG = (
    "document.body.insertAdjacentHTML('beforeend', '<dialog><p class=field><input type=text id=inside></p></dialog>')"
)
# Without scripts of the form all its fields stand on one page; the keyboard does not care which screen they are on.
ONE_PAGE = "document.documentElement.classList.remove('stepwise')"
LANDSCAPE = {"viewport": {"width": 1920, "height": 1080}}


def seldom(parameter: object) -> object:
    """Left to the long run."""
    return pytest.param(parameter, marks=pytest.mark.long)


def form(page: Page, language: str = "fr") -> Page:
    page.goto(f"/{language}/report/other")
    page.evaluate(ONE_PAGE)
    page.evaluate("document.querySelectorAll('details').forEach(one => (one.open = !one.closest('.help-here')))")
    return page


def touch(page: Page, field: str) -> Locator:
    page.locator(field).tap()
    expect(page.locator(BOARD)).to_be_visible()
    return page.locator(field)


def key(page: Page, name: str) -> Locator:
    return page.locator(f"{BOARD} .hg-button[data-skbtn='{name}']")


def parts_fetched(page: Page) -> list[str]:
    """The keyboard's own files, as the page asks for them: it cannot come without them."""
    fetched: list[str] = []
    page.on("request", lambda request: fetched.extend(request.url for part in PARTS if part in request.url))
    return fetched


def write(page: Page, keys: str) -> None:
    for name in keys.split():
        key(page, name).tap()


@pytest.fixture
def page(browse: Browse, kiosk: Kiosk) -> Page:
    return browse(kiosk)


def test_it_comes_with_a_touch_and_nothing_of_it_is_fetched_before(page: Page) -> None:
    fetched = parts_fetched(page)
    form(page)
    expect(page.locator(BOARD)).to_be_hidden()
    assert fetched == []
    touch(page, WORDS)
    assert len(fetched) == 3


def test_the_first_page_knows_nothing_of_it(page: Page) -> None:
    page.goto("/")
    assert "keyboard" not in page.content()


def test_french_is_written_with_its_accents_and_capitals(page: Page) -> None:
    field = touch(form(page), WORDS)
    write(page, "{shift} É t a g e {space} 2 {enter} c l é {bksp} é")
    assert field.input_value() == "Étage 2\nclé"
    expect(field).to_be_focused()


def test_capitals_stay_when_asked_for_twice_and_go_with_a_third_tap(page: Page) -> None:
    field = touch(form(page), WORDS)
    write(page, "{shift} {shift} S S I {shift} a")
    assert field.input_value() == "SSIa"


def test_an_arabic_page_writes_arabic_from_right_to_left_and_switches(page: Page) -> None:
    field = touch(form(page, "ar"), WORDS)
    assert page.locator(BOARD).get_attribute("dir") == "rtl"
    write(page, "ب ا ب {space} م ف ت و ح")
    assert field.input_value() == "باب مفتوح"
    key(page, "{language}").tap()
    assert page.locator(BOARD).get_attribute("dir") == "ltr"
    write(page, "{space} a z")
    assert field.input_value() == "باب مفتوح az"


def test_an_english_page_writes_on_qwerty(page: Page) -> None:
    touch(form(page, "en"), WORDS)
    assert page.locator(BOARD).get_attribute("data-layout") == "qwerty"
    expect(key(page, "{language}")).to_contain_text("QWERTY")


def test_a_telephone_number_gets_the_keys_of_a_telephone(page: Page) -> None:
    field = touch(form(page), TELEPHONE)
    assert page.locator(f"{BOARD} .hg-button").count() == 14
    write(page, "+ 3 3 {space} 6 1 {bksp} 2")
    assert field.input_value() == "+33 62"


def test_a_code_is_written_in_latin_capitals_even_on_an_arabic_page(page: Page) -> None:
    page.goto("/ar/follow-up")
    field = touch(page, "#code")
    write(page, "7 K 4 M")
    assert field.input_value() == "7K4M"


def test_the_caret_stays_where_the_finger_put_it_and_a_real_keyboard_goes_on(page: Page) -> None:
    field = touch(form(page), WORDS)
    page.keyboard.type("porte")
    field.evaluate("field => field.setSelectionRange(0, 1)")
    write(page, "m")
    assert field.input_value() == "morte"
    page.keyboard.type("or")
    assert field.input_value() == "mororte"
    page.keyboard.press("Control+z")
    assert field.input_value() != "mororte"


def test_every_script_sees_what_is_typed(page: Page) -> None:
    touch(form(page), WORDS)
    page.evaluate("window.seen = []; addEventListener('input', event => seen.push([event.inputType, event.data]))")
    write(page, "o k {bksp}")
    assert page.evaluate("seen") == [["insertText", "o"], ["insertText", "k"], ["deleteContentBackward", None]]
    expect(page.locator("[data-counter=description]")).to_contain_text("1")


@pytest.mark.parametrize("size", [(1024, 768), seldom((1080, 1920)), seldom((1920, 1080))], ids=str)
@pytest.mark.parametrize("field", [WORDS, PLACE, TELEPHONE])
def test_the_field_is_never_behind_it(size: tuple[int, int], field: str, browse: Browse, kiosk: Kiosk) -> None:
    page = form(browse(kiosk, viewport={"width": size[0], "height": size[1]}))
    touch(page, field)
    write(page, "1")
    lower = page.locator(field).evaluate("field => field.getBoundingClientRect().bottom")
    assert lower <= page.locator(BOARD).evaluate("board => board.getBoundingClientRect().top")
    at_middle = """field => {
        const box = field.getBoundingClientRect();
        return document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2) === field;
    }"""
    assert page.locator(field).evaluate(at_middle), "nothing else lies over it either"


@pytest.mark.parametrize("how", ["its key", "Escape", "another question", "enter on one line"])
def test_it_goes_when_it_is_no_longer_wanted(how: str, page: Page) -> None:
    field = touch(form(page), PLACE)
    write(page, "a")
    match how:
        case "its key":
            key(page, "{close}").tap()
        case "Escape":
            page.keyboard.press("Escape")
        case "another question":
            page.locator(".choice").first.tap()
        case "enter on one line":
            key(page, "{enter}").tap()
    expect(page.locator(BOARD)).to_be_hidden()
    assert field.input_value() == "a"
    touch(page, PLACE)


def test_it_moves_on_with_the_finger_from_field_to_field(page: Page) -> None:
    touch(form(page), PLACE)
    write(page, "a")
    touch(page, TELEPHONE)
    write(page, "1")
    page.locator(f"label[for={NAME[1:]}]").tap()
    write(page, "z")
    values = [page.locator(field).input_value() for field in (PLACE, TELEPHONE, NAME)]
    assert values == ["a", "1", "z"]


def test_it_comes_into_a_dialog_as_well(page: Page) -> None:
    form(page).evaluate(DIALOG)
    page.evaluate("document.querySelector('dialog:has(#inside)').showModal()")
    field = touch(page, "#inside")
    write(page, "o k")
    assert field.input_value() == "ok"
    page.keyboard.press("Escape")
    expect(page.locator(BOARD)).to_be_hidden()
    expect(field).to_be_visible()


def test_a_mouse_and_a_tab_key_bring_none(page: Page) -> None:
    fetched = parts_fetched(page)
    form(page).locator(WORDS).click()
    page.locator(PLACE).focus()
    painted(page)
    expect(page.locator(BOARD)).to_be_hidden()
    assert fetched == []
    touch(page, PLACE)


def test_on_a_telephone_its_own_keyboard_serves(browse: Browse, kiosk: Kiosk) -> None:
    page = browse(kiosk, viewport={"width": 390, "height": 844})
    fetched = parts_fetched(page)
    form(page).locator(WORDS).tap()
    painted(page)
    expect(page.locator(BOARD)).to_be_hidden()
    assert fetched == []
    assert page.locator(WORDS).get_attribute("inputmode") is None
    page.set_viewport_size({"width": 1080, "height": 1920})
    touch(page, WORDS)


def test_typing_on_it_is_a_sign_of_life(page: Page) -> None:
    page.clock.install()
    touch(form(page), WORDS)
    stop_clock(page)
    page.keyboard.press("Shift")
    walk_away(page, 70)
    write(page, "a")
    walk_away(page, 70)
    expect(page.locator("[data-idle]")).to_be_hidden()
    walk_away(page, 6)
    expect(page.locator("[data-idle]")).to_be_visible()


def test_what_was_typed_stands_in_the_field_and_nowhere_else(page: Page) -> None:
    touch(form(page), WORDS)
    write(page, "z o r g")
    kept = (
        "JSON.stringify(Object.values(window.SimpleKeyboardInstances ?? {}).map(one => [one.input, one.caretPosition]))"
    )
    assert "zorg" not in page.evaluate(kept)
    assert "zorg" not in page.locator(BOARD).inner_text()
    page.evaluate("document.dispatchEvent(new Event('kiosk:leave'))")
    page.locator(".tiles").wait_for()
    assert page.locator(BOARD).count() == 0


@pytest.mark.parametrize("language", ["fr", "ar"])
@pytest.mark.parametrize("look", [{}, seldom({"color_scheme": "dark"}), seldom(LANDSCAPE)], ids=str)
def test_its_keys_are_14_mm_at_least_and_keep_nobody_out(
    language: str, look: dict[str, object], browse: Browse, kiosk: Kiosk
) -> None:
    page = form(browse(kiosk, **look), language)
    for field in (WORDS, TELEPHONE):
        touch(page, field)
        boxes = page.locator(f"{BOARD} .hg-button").evaluate_all(
            "keys => keys.map(key => key.getBoundingClientRect()).map(box => [box.width, box.height])"
        )
        assert min(min(box) for box in boxes) >= 14 * 3.8
        assert sideways(page) <= 0
        assert objections(page) == []


def test_a_screen_reader_can_press_its_keys_and_knows_their_names(page: Page) -> None:
    field = touch(form(page), WORDS)
    for name in ("Espace", "Effacer un caractère", "Majuscules", "À la ligne", "Autre clavier", "Fermer le clavier"):
        expect(page.get_by_role("region", name="Clavier à l'écran").get_by_role("button", name=name)).to_be_visible()
    key(page, "a").evaluate("key => key.click()")
    assert field.input_value() == "a"
    assert page.locator(f"{BOARD} [tabindex='-1']").count() == page.locator(f"{BOARD} button").count()


def test_without_its_files_the_field_is_an_ordinary_one(page: Page, provoked: object) -> None:
    page.context.route("**/keyboard.min.js*", lambda route: route.abort())
    provoked()  # type: ignore[operator]
    form(page).locator(WORDS).tap()
    expect(page.locator(WORDS)).to_have_attribute("inputmode", "")  # given back to the device's own keyboard
    expect(page.locator(BOARD)).to_be_hidden()
    page.keyboard.type("ok")
    assert page.locator(WORDS).input_value() == "ok"


def terminal(folder: Path, **settings: str) -> Path:
    instance = folder / "instance"
    instance.mkdir()
    lines = "".join(f', {name} = "{value}"' for name, value in settings.items())
    toml = f'[[sites]]\nid = "s"\nname = "S"\nterminals = [{{ id = "t", name = "T"{lines} }}]\n'
    (instance / "kiosk.toml").write_text(toml)
    return instance


@pytest.mark.parametrize(("setting", "comes"), [("always", True), ("never", False)])
def test_a_terminal_may_want_it_always_or_never(browse: Browse, tmp_path: Path, setting: str, comes: bool) -> None:
    with Kiosk("--demo", instance=terminal(tmp_path, keyboard=setting)) as kiosk:
        page = browse(kiosk)
        fetched = parts_fetched(page)
        for touches in (page.locator(WORDS).click, page.locator(WORDS).tap):
            form(page)  # anew: while a keyboard opens, a tap may meet what has just moved
            touches()
            painted(page)
            expect(page.locator(BOARD)).to_be_visible(visible=comes)
        assert bool(fetched) is comes


def test_an_organisation_adds_a_layout_of_its_own(browse: Browse, tmp_path: Path) -> None:
    instance = terminal(tmp_path)
    (instance / "keyboards").mkdir()
    turkish = {"name": "Türkçe", "layout": {"default": ["ğ ü ş ı ö ç {bksp}"]}}
    (instance / "keyboards" / "turkish.json").write_text(json.dumps(turkish))
    with Kiosk("--demo", instance=instance) as kiosk:
        page = form(browse(kiosk))
        field = touch(page, WORDS)
        while page.locator(BOARD).get_attribute("data-layout") != "turkish":
            key(page, "{language}").tap()
        write(page, "ğ ü ş")
        assert field.input_value() == "ğüş"
