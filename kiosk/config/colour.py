"""Colours as WCAG 2.2 measures them: luminance, contrast, and the shade nearest to a colour that can be read."""

import colorsys
import re

HEX = re.compile(r"#[0-9a-fA-F]{6}")
BLACK, WHITE = "#000000", "#ffffff"
STEPS = 100


def is_colour(text: str) -> bool:
    return HEX.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mix(colour: str, other: str, share: float) -> str:
    """``colour`` with this share (0 to 1) of another in it."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def readable(colour: str, *, on: str, ratio: float) -> str:
    """The colour itself, or the first of its darker (on dark grounds: lighter) shades with this contrast."""
    _, start, _ = colorsys.rgb_to_hls(*_shares(colour))
    end = max((0.0, 1.0), key=lambda lightness: contrast(shade(colour, lightness), on))
    steps = (start + (end - start) * step / STEPS for step in range(1, STEPS))
    shades = (colour, *(shade(colour, lightness) for lightness in steps))
    return next((found for found in shades if contrast(found, on) >= ratio), shade(colour, end))


def shade(colour: str, lightness: float, *, saturation: float = 1) -> str:
    """The same hue, as light as this (0 to 1), with this share of its own saturation."""
    hue, _, own = colorsys.rgb_to_hls(*_shares(colour))
    channels = colorsys.hls_to_rgb(hue, lightness, own * saturation)
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)


def _channels(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def _shares(colour: str) -> tuple[float, float, float]:
    red, green, blue = _channels(colour)
    return red / 255, green / 255, blue / 255


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(share) for share in _shares(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
