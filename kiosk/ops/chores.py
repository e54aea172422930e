"""The chores of the background process, in the order in which they take their turns."""

from kiosk.delivery.chores import Chore

CHORES: tuple[Chore, ...] = ()
