"""Layouts of the on-screen keyboard, in one JSON file that browsers cache."""

import json

from flask import Flask

from kiosk.config import Settings
from kiosk.config.keyboards import Layout, read_layouts
from kiosk.resources import static_folder
from kiosk.web.shared.static_urls import serve

FALLBACK = "qwerty"  # for a language without a layout of its own


def install(app: Flask, settings: Settings) -> None:
    content = json.dumps(layouts(settings), ensure_ascii=False).encode()
    app.jinja_env.globals["layouts_url"] = serve(app, "keyboards.json", content, "application/json")


def layouts(settings: Settings) -> dict[str, Layout]:
    added = read_layouts(settings.keyboards)
    known = read_layouts(static_folder() / "keyboards") | added
    spoken = set(settings.languages.offered)
    wanted = {code for code, layout in known.items() if spoken & set(layout["languages"])}
    return {code: layout for code, layout in known.items() if code in wanted | set(added) | {"telephone", FALLBACK}}
