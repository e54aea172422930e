"""Constructors of troubles that only ``kiosk check`` shows."""

from kiosk.domain.troubles.trouble import Channel, Colour, Trouble


def red(code: str, what: str, action: str, detail: str = "") -> Trouble:
    return _checked(code, Colour.RED, what, action, detail)


def amber(code: str, what: str, action: str, detail: str = "") -> Trouble:
    return _checked(code, Colour.AMBER, what, action, detail)


def _checked(code: str, colour: Colour, what: str, action: str, detail: str) -> Trouble:
    return Trouble(
        code=code, colour=colour, channels=frozenset({Channel.CHECK}), what=what, action=action, detail=detail
    )
