"""Delivery threads: one takes mails from the queue; another takes its place while the relay owes it an answer.

A relay that takes a mail and does not answer would else keep all others waiting for ten minutes. The thread that waits
records the answer, or the break, of its own mail and then ends.
"""

import threading
import time
from collections.abc import Callable

from kiosk.delivery.courier import Courier
from kiosk.store.outbox.claims import Turn

SILENT_AFTER = 30.0  # seconds without an answer
MOST_WAITING = 4  # threads; a relay that never answers must not get every mail into doubt at once


class Sender:
    """``relieved``: take no further mail. ``courier``: set by the thread once it has opened its database."""

    def __init__(self, work: Callable[["Sender"], None], turn: Turn) -> None:
        self.relieved = threading.Event()
        self.courier: Courier | None = None
        self.turn = turn
        self.error: Exception | None = None
        self.thread = threading.Thread(target=self._run, args=(work,), name="delivery", daemon=True)
        self.thread.start()

    @property
    def silent_for(self) -> float:
        """Seconds."""
        return self.courier.relay.silent_for if self.courier else 0.0

    @property
    def has_begun_a_mail(self) -> bool:
        return self.courier is not None and self.courier.relay.has_begun_a_mail

    def _run(self, work: Callable[["Sender"], None]) -> None:
        try:
            work(self)
        except Exception as error:  # noqa: BLE001 - told by whoever attends, without the words of the error
            self.error = error
        finally:
            if self.courier:
                self.courier.relay.close()


class Senders:
    """Not thread-safe. ``work``: the life of one thread; it ends soon after ``relieved``."""

    def __init__(self, work: Callable[[Sender], None]) -> None:
        self._work = work
        self._waiting: list[Sender] = []
        self.present = Sender(work, Turn(retries_first=True))

    @property
    def is_alive(self) -> bool:
        """False when the thread that takes new mails has ended, or another has failed: its claim is still open."""
        return self.present.thread.is_alive() and self.error is None

    @property
    def error(self) -> Exception | None:
        """Of the first that failed."""
        return next((sender.error for sender in (*self._waiting, self.present) if sender.error), None)

    @property
    def all_have_ended(self) -> bool:
        return not any(sender.thread.is_alive() for sender in (*self._waiting, self.present))

    @property
    def only_wait(self) -> bool:
        """The present one has ended, having found nothing more, and others still wait."""
        return not self.present.thread.is_alive() and not self.all_have_ended and self.error is None

    def are_silent_for(self, seconds: float) -> bool:
        """All that have not ended, and never less than SILENT_AFTER."""
        alive = [sender for sender in (*self._waiting, self.present) if sender.thread.is_alive()]
        return bool(alive) and all(sender.silent_for >= max(seconds, SILENT_AFTER) for sender in alive)

    def look_again(self) -> None:
        """A new sender in the place of one that has ended."""
        self.present = Sender(self._work, self.present.courier.turn if self.present.courier else self.present.turn)

    def join_any(self, seconds: float) -> None:
        """Until the one that has lasted longest ends, at most."""
        (*self._waiting, self.present)[0].thread.join(seconds)

    def attend(self) -> float:
        """Call each second: a silent sender gets a successor. Returns the longest silence in seconds, 0 if short."""
        self._waiting = [sender for sender in self._waiting if sender.thread.is_alive() or sender.error]
        present = self.present
        if present.has_begun_a_mail and present.silent_for >= SILENT_AFTER and len(self._waiting) < MOST_WAITING:
            present.relieved.set()
            self._waiting.append(present)
            self.look_again()
        longest = max(sender.silent_for for sender in (self.present, *self._waiting))
        return longest if longest >= SILENT_AFTER else 0.0

    def join(self, patience: float) -> None:
        """All together get ``patience`` seconds."""
        until = time.monotonic() + patience
        for sender in (self.present, *self._waiting):
            sender.thread.join(max(until - time.monotonic(), 0))
