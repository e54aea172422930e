"""Table of troubles: everything that can be wrong with a kiosk, with colour and remedy, in French."""

from kiosk.domain.troubles import mail_setup, running, setup
from kiosk.domain.troubles.trouble import Channel, Colour, FoundTrouble, Trouble

TROUBLES: dict[str, Trouble] = {
    each.code: each
    for part in (running, setup, mail_setup)
    for each in vars(part).values()
    if isinstance(each, Trouble)
}


def shown_in(place: Channel) -> tuple[Trouble, ...]:
    return tuple(trouble for trouble in TROUBLES.values() if place in trouble.channels)


__all__ = ["TROUBLES", "Channel", "Colour", "FoundTrouble", "Trouble", "shown_in"]
