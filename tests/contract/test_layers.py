"""Who may import whom, over all modules."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "kiosk").rglob("*.py"))

# A room and the rooms it may import. cli and run stand above all of them.
ALLOWED = {
    "clock": set(),
    "errors": set(),
    "version": set(),
    "spelling": set(),
    "resources": set(),
    "domain": set(),
    "config": {"domain", "errors"},
    "store": {"domain", "config", "clock", "errors", "spelling"},
    "mail": {"domain", "clock", "config", "errors", "resources", "version"},
    "duty": {"domain", "mail", "store", "config", "clock", "errors"},
    "intake": {"domain", "duty", "mail", "store", "config", "clock", "errors", "spelling", "version"},
    "delivery": {"domain", "store", "config", "clock", "errors"},
    "web": {"domain", "intake", "duty", "mail", "store", "config", "clock", "errors", "resources"},
    "ops": {"web", "intake", "duty", "mail", "store", "delivery"}
    | {"domain", "config", "clock", "errors", "resources", "version"},
}
ABOVE_ALL = {"kiosk/__init__.py", "kiosk/__main__.py", "kiosk/cli.py", "kiosk/ops/run.py"}
FLASK = {"flask", "flask_wtf", "flask_babel", "htmx_flask", "wtforms", "werkzeug"}


def name_of(module: Path) -> str:
    return module.relative_to(ROOT).as_posix()


def imports(module: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_a_room_imports_only_the_rooms_below_it(module: Path) -> None:
    if name_of(module) in ABOVE_ALL:
        return
    room = module.relative_to(ROOT / "kiosk").parts[0].removesuffix(".py")
    rooms = {path.name.removesuffix(".py") for path in (ROOT / "kiosk").iterdir()}
    wanted = {name.split(".")[1] for name in imports(module) if name.startswith("kiosk.") and "." in name}
    assert (wanted & rooms) - {room} <= ALLOWED[room]


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_flask_stays_in_the_web_rooms_and_in_the_forms(module: Path) -> None:
    name = name_of(module)
    if name.startswith(("kiosk/web/", "kiosk/intake/form")) or name == "kiosk/__init__.py":
        return
    assert not {imported.split(".")[0] for imported in imports(module)} & FLASK


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_sql_stays_in_the_store(module: Path) -> None:
    if name_of(module).startswith("kiosk/store/"):
        return
    text = module.read_text(encoding="utf-8")
    assert not {"sqlite3", "sqlite_utils"} & {name.split(".")[0] for name in imports(module)}
    assert not any(word in text for word in ("SELECT ", "INSERT INTO", "DELETE FROM", "PRAGMA "))
    assert "kiosk.store.connection.immediate" not in imports(module), "a verb of the store is the transaction"


@pytest.mark.parametrize(
    ("files", "lines"), [("kiosk/**/*.py", 250), ("templates/**/*.*", 80), ("tests/**/*.py", 400)], ids=str
)
def test_a_file_holds_one_concept(files: str, lines: int) -> None:
    sizes = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in ROOT.glob(files)}
    assert sizes
    assert {name: size for name, size in sizes.items() if size > lines} == {}


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_a_function_can_be_read_at_a_glance(module: Path) -> None:
    """Thirty lines; more only where a single statement lists values line by line."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and len(node.body) > 1]
    assert [node.name for node in functions if (node.end_lineno or 0) - node.lineno >= 30] == []
