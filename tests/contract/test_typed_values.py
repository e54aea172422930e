"""Values name the fields they are filled with, so that the type checker sees each of them."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TREES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "kiosk").rglob("*.py"))
}
# click hands a command its options by name, and checks each of them.
FILLED_BY_CLICK = {("kiosk/commands/deploy.py", "Proxy")}


def values() -> set[str]:
    """Every class that is a dataclass or a NamedTuple."""
    classes = [node for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    said = {node.name: {ast.unparse(each) for each in (*node.decorator_list, *node.bases)} for node in classes}
    return {name for name, words in said.items() if any(word.startswith(("dataclass", "NamedTuple")) for word in words)}


def filled_blindly(tree: ast.AST, known: set[str]) -> set[str]:
    """Values that are made of a mapping: ``Value(**mapping)``."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    blind = [node for node in calls if any(keyword.arg is None for keyword in node.keywords)]
    return {ast.unparse(node.func).rpartition(".")[2] for node in blind} & known


def test_no_value_is_filled_from_a_mapping() -> None:
    known = values()
    assert {"Report", "Facts", "Bulletin", "NewReport"} <= known
    found = {(name, value) for name, tree in TREES.items() for value in filled_blindly(tree, known)}
    assert found == FILLED_BY_CLICK


def test_what_fills_a_value_blindly_would_be_found() -> None:
    assert filled_blindly(ast.parse("report.Facts(a=1, **told)"), {"Facts"}) == {"Facts"}
    assert filled_blindly(ast.parse("Facts(a=1); helper(**told)"), {"Facts"}) == set()
