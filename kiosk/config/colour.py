"""Colour contrast as defined by WCAG 2.2."""

import re

HEX = re.compile(r"#[0-9a-fA-F]{6}")
WHITE = "#ffffff"


def is_colour(text: str) -> bool:
    return HEX.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in bytes.fromhex(colour.removeprefix("#")))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
