"""Who may import whom, over all modules."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "kiosk").rglob("*.py"))

GROUND = {"clock", "errors", "discreet", "operator_files"}
VALUES = GROUND | {"domain", "config"}
MAIL_AND_STORE = VALUES | {"mail", "store"}
DUTY = MAIL_AND_STORE | {"duty"}
REPORTING = DUTY | {"breaches", "keeping", "watch", "reporting"}
# A room and the rooms it may import, from the ground up.
ALLOWED = {
    "clock": set(),
    "errors": set(),
    "version": set(),
    "bundles": set(),
    "resources": set(),
    "discreet": {"errors"},
    "operator_files": {"errors"},
    "domain": GROUND,
    "config": GROUND | {"domain"},
    "store": VALUES,
    "mail": VALUES | {"resources", "version"},
    "duty": MAIL_AND_STORE,
    "breaches": DUTY,
    "keeping": DUTY,
    "watch": DUTY | {"resources"},
    "reporting": DUTY | {"version"},
    "delivery": VALUES | {"store"},
    "web": REPORTING | {"bundles", "resources", "version"},
    "commands": REPORTING | {"delivery", "resources", "version"},
    "cli": {"commands", "discreet"},
    "__main__": {"cli"},
}
# The two doors are made in kiosk/__init__.py, for any WSGI server, and opened by one command.
ABOVE_ALL = {"kiosk/__init__.py", "kiosk/commands/run.py"}
# Wings of a room, from the ground up: each may import those before it, the room's own modules stand where "" is.
WINGS = {
    "kiosk/store": ("base", "trace", "outbox", "keys", "reports", "staff", "keeping", "watch", "instance"),
    "kiosk/mail": ("", "report", "thread", "system"),
    "kiosk/web": ("shared", "public", "staff"),
    "kiosk/web/staff": ("shared", "access", "account", "lists", "report", "breaches", ""),
}
APART = {("kiosk/web", "public"), ("kiosk/mail", "thread"), ("kiosk/mail", "report")}  # no wing above imports these
FLASK = {"flask", "flask_wtf", "flask_babel", "htmx_flask", "wtforms", "werkzeug"}


def name_of(module: Path) -> str:
    return module.relative_to(ROOT).as_posix()


def imports(module: Path, *, kept: bool = True) -> set[str]:
    """All that it imports; what is there for types alone only if ``kept``."""
    found: set[str] = set()
    for node in _nodes(ast.parse(module.read_text(encoding="utf-8")), kept):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _nodes(tree: ast.AST, kept: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if kept or not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node
            yield from _nodes(node, kept)


def wings_of(module: Path, room: str) -> tuple[str, set[str]]:
    """In which wing of the room a module stands, and which of them it imports."""
    known, folder = set(WINGS[room]), ROOT / room
    inside = module.relative_to(folder).parts
    wing = inside[0] if len(inside) > 1 else ""
    dotted = room.replace("/", ".") + "."
    told = [name.removeprefix(dotted).split(".") for name in imports(module) if name.startswith(dotted)]
    return wing, {parts[0] if parts[0] in known else "" for parts in told} - {wing}


def test_a_room_imports_only_the_rooms_below_it() -> None:
    rooms = {path.name.removesuffix(".py") for path in (ROOT / "kiosk").iterdir()}
    offenders = {}
    for module in MODULES:
        if name_of(module) in ABOVE_ALL:
            continue
        room = module.relative_to(ROOT / "kiosk").parts[0].removesuffix(".py")
        wanted = {name.split(".")[1] for name in imports(module) if name.startswith("kiosk.")} & rooms
        if above := wanted - {room} - ALLOWED[room]:
            offenders[name_of(module)] = above
    assert offenders == {}


@pytest.mark.parametrize("room", WINGS)
def test_a_wing_imports_only_the_wings_below_it(room: str) -> None:
    order, offenders = WINGS[room], {}
    for module in (ROOT / room).rglob("*.py"):
        if module.name == "__init__.py" and module.parent == ROOT / room:
            continue
        wing, wanted = wings_of(module, room)
        if above := {each for each in wanted if each and order.index(each) > order.index(wing)}:
            offenders[name_of(module)] = above
    assert offenders == {}
    assert {path.parent.name for path in (ROOT / room).glob("*/__init__.py")} <= set(order)


def test_the_doors_know_nothing_of_each_other() -> None:
    offenders = [
        name_of(path) for path in (ROOT / "kiosk/web/staff").rglob("*.py") if _mentions(path, "kiosk.web.public")
    ]
    assert offenders == []


def _mentions(module: Path, room: str) -> bool:
    return any(name == room or name.startswith(f"{room}.") for name in imports(module))


def test_flask_stays_in_the_web_rooms() -> None:
    assert [
        name_of(module)
        for module in MODULES
        if not name_of(module).startswith("kiosk/web/")
        and {name.split(".")[0] for name in imports(module, kept=False)} & FLASK
    ] == []


def test_sql_stays_in_the_store() -> None:
    offenders = {}
    for module in MODULES:
        if name_of(module).startswith("kiosk/store/"):
            continue
        text, imported = module.read_text(encoding="utf-8"), imports(module)
        found = {"sqlite3", "sqlite_utils"} & {name.split(".")[0] for name in imported}
        found |= {word for word in ("SELECT ", "INSERT INTO", "DELETE FROM", "PRAGMA ") if word in text}
        # a verb of the store is the transaction
        found |= {name for name in imported if name == "kiosk.store.base.connection.immediate"}
        if found:
            offenders[name_of(module)] = found
    assert offenders == {}


@pytest.mark.parametrize(
    ("files", "lines"), [("kiosk/**/*.py", 250), ("templates/**/*.*", 80), ("tests/**/*.py", 400)], ids=str
)
def test_a_file_holds_one_concept(files: str, lines: int) -> None:
    sizes = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in ROOT.glob(files)}
    assert sizes
    assert {name: size for name, size in sizes.items() if size > lines} == {}


def test_a_function_can_be_read_at_a_glance() -> None:
    """Thirty lines; more only where a single statement lists values line by line."""
    offenders = {}
    for module in MODULES:
        tree = ast.parse(module.read_text(encoding="utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and len(node.body) > 1]
        if long := [node.name for node in functions if (node.end_lineno or 0) - node.lineno >= 30]:
            offenders[name_of(module)] = long
    assert offenders == {}


def test_a_class_name_means_one_thing() -> None:
    homes: dict[str, list[str]] = {}
    for module in MODULES:
        for node in ast.parse(module.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, []).append(name_of(module))
    assert {name: where for name, where in homes.items() if len(where) > 1} == {}
