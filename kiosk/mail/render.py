"""Jinja environment of the mails: templates compiled once, undefined names raise."""

from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape
from markupsafe import Markup

from kiosk.domain.telephones import in_one_line, telephone_numbers
from kiosk.mail.safe_text import LINE_WIDTH, is_right_to_left, one_line, shown, unclickable, wrapped
from kiosk.resources import templates_folder

RULE_WIDTH = 40
LABEL_WIDTH = 20  # columns; a longer label gets its own line
BAR = "    | "
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


@cache
def environment(folder: Path) -> Environment:
    made = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {
        "text_row": text_row,
        "text_question": text_question,
        "text_item": text_item,
        "text_quote": text_quote,
        "html_quote": html_quote,
        "shown": shown,
        "unclickable": unclickable,
        "telephone_numbers": telephone_numbers,
        "in_one_line": in_one_line,
        "side": lambda text: "rtl" if is_right_to_left(text) else "ltr",
    }
    made.globals["rule"] = "-" * RULE_WIDTH
    return made


def template(name: str) -> Template:
    return environment(templates_folder()).get_template(name)


@dataclass(frozen=True, slots=True)
class Row:
    """``value``: our words, explained by ``note``; ``quoted``: the reporter's words; ``strong``: emphasised."""

    label: str
    value: str = ""
    quoted: str = ""
    note: str = ""
    strong: bool = False


def row_words(row: Row) -> str:
    """Value, note and quoted words in one line."""
    words = shown(one_line(f"{row.value} ({row.note})" if row.note else row.value))
    if not row.quoted:
        return words
    return f"{words} «{NO_BREAK_SPACE}{unclickable(one_line(row.quoted))}{NO_BREAK_SPACE}»".lstrip(" ")


def text_row(row: Row) -> str:
    if len(row.label) > LABEL_WIDTH:
        return text_question(row)
    return _hung(row_words(row), f"{row.label.ljust(LABEL_WIDTH)}{NO_BREAK_SPACE}: ")


def text_question(row: Row) -> str:
    """Label on one line, answer below."""
    return f"{text_item(row.label)}\n{_hung(row_words(row), '    ')}"


def text_item(text: str, first: str = "") -> str:
    return _hung(one_line(text), first)


def _hung(line: str, first: str) -> str:
    lines = zip_longest([first], wrapped(line, LINE_WIDTH - len(first)), fillvalue=" " * len(first))
    return "\n".join([(margin + piece).rstrip(" ") for margin, piece in lines])


def text_quote(text: str) -> str:
    """Indented behind a bar, every line of it, so that no line can pass for ours."""
    return "\n".join([f"{BAR}{line}" for line in wrapped(unclickable(text), LINE_WIDTH - len(BAR))])


def html_quote(text: str) -> Markup:
    return Markup("<br>\n").join(unclickable(text).split("\n"))
