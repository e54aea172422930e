"""Shared state of the measurements: a folder, the options, and the two servers, started when first asked for."""

from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from tests.bench.desk import Desk
from tests.bench.servers import Ours, Outbox, Server, mail_of_the_kiosk, mail_size


@dataclass(frozen=True, kw_only=True)
class Options:
    """``size``: reports of a measurement in a round; ``reports``: behind each of the busier consoles."""

    rounds: int
    size: int
    reports: tuple[int, ...]
    memory_reports: int

    @property
    def backlog(self) -> int:
        """Mails that wait when a relay comes back: enough of them to see the pace and not the start."""
        return 5 * self.size

    @property
    def few_reports(self) -> int:
        """Behind the console that the busier ones are measured by."""
        return max(1, self.reports[0] // 100)


class Bench:
    """``stack`` ends what is started here."""

    def __init__(self, folder: Path, options: Options, stack: ExitStack) -> None:
        self.folder, self.options, self.stack = folder, options, stack

    @cached_property
    def ours(self) -> Ours:
        return warmed(Ours(self.stack, self.folder / "kiosk"))

    @cached_property
    def outbox(self) -> Outbox:
        return warmed(Outbox(self.stack, self.folder / "outbox", self.annex))

    @property
    def servers(self) -> tuple[Server, Server]:
        return self.ours, self.outbox

    @cached_property
    def mail(self) -> bytes:
        """About a report, as the kiosk composes it."""
        return mail_of_the_kiosk(self.folder / "mail")

    @cached_property
    def annex(self) -> int:
        """Characters that the outbox adds to its mails, so that they are as long."""
        return max(0, len(self.mail) - mail_size(0))

    @cached_property
    def desk_with_few(self) -> Desk:
        return Desk(self.folder / "few", self.options.few_reports)

    @cached_property
    def desks_with_many(self) -> list[Desk]:
        """One for each of ``options.reports``."""
        return [Desk(self.folder / f"many-{count}", count) for count in self.options.reports]


Warmed = TypeVar("Warmed", bound=Server)


def warmed(server: Warmed) -> Warmed:
    """The first requests compile templates."""
    visitor = server.visitor()
    visitor.visits()
    visitor.reports_without_script()
    visitor.leaves()
    server.wait_for_mails_of(2)
    return server
