"""The organisation's logo and colour, and the size of its screens, as files that browsers may keep like any other.

Every shade is derived from one colour, so that words stay readable whatever the organisation chooses.
"""

from flask import Flask

from kiosk.config import Settings
from kiosk.config.colour import BLACK, WHITE, mix, readable, shade
from kiosk.config.look import LOGO_TYPES
from kiosk.web.shared.static_urls import serve

# As in static/css/tokens.css: what stands behind words on a light and on a dark screen.
DARK_GROUND = "#18262a"
WELL_READABLE = 7  # to one, WCAG 2.2, 1.4.6

Shades = dict[str, str]


def install(app: Flask, settings: Settings) -> None:
    urls = {"look_url": serve(app, "look.css", stylesheet(settings).encode(), "text/css")}
    if settings.logo is not None:
        suffix = settings.logo.suffix.lower()
        urls["logo_url"] = serve(app, f"logo{suffix}", settings.logo.read_bytes(), LOGO_TYPES[suffix])
    app.jinja_env.globals.update({"logo_url": "", **urls})


def stylesheet(settings: Settings) -> str:
    accent = settings.organisation.accent.lower()
    light = _rule({"mm": f"{settings.screen.density:g}px"} | light_shades(accent))
    return f"{light}\n@media (prefers-color-scheme: dark) {{ {_rule(dark_shades(accent))} }}\n"


def light_shades(accent: str) -> Shades:
    soft = shade(accent, 0.92, saturation=0.5)
    strong = readable(accent, on=soft, ratio=WELL_READABLE)
    return {
        "accent": accent,
        "accent-strong": strong,
        "accent-soft": soft,
        "on-accent": WHITE,
        "panel": accent,
        "panel-deep": mix(accent, BLACK, 0.3),
    }


def dark_shades(accent: str) -> Shades:
    bright = readable(shade(accent, 0.5, saturation=0.6), on=DARK_GROUND, ratio=WELL_READABLE)
    soft = mix(DARK_GROUND, bright, 0.16)
    return {
        "accent": bright,
        "accent-strong": readable(bright, on=soft, ratio=WELL_READABLE),
        "accent-soft": soft,
        "on-accent": readable(mix(accent, BLACK, 0.6), on=bright, ratio=WELL_READABLE),
        "panel": mix(accent, BLACK, 0.3),
        "panel-deep": mix(accent, BLACK, 0.5),
    }


def _rule(values: Shades) -> str:
    return ":root {" + "".join(f" --{name}: {value};" for name, value in values.items()) + " }"
