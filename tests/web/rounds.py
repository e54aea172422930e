"""Rounds of a door's loop, counted: in each of them it judges which connections have to leave."""

from kiosk.web.shared.serve import Door
from tests.waiting import until


class Rounds:
    def __init__(self, door: Door) -> None:
        """For a door that has not started yet."""
        self._make_room = door._make_room
        self._server = door._server
        self.count = 0
        door._make_room = self._note  # type: ignore[method-assign]

    def _note(self) -> None:
        self._make_room()
        self.count += 1

    def wait_for(self, count: int) -> None:
        """Waits for so many more rounds, and does not let the door rest meanwhile."""
        last = self.count + count

        def came() -> bool:
            self._server.pull_trigger()
            return self.count >= last

        until(came)
