"""How a mail program makes threads: the algorithm of Jamie Zawinski (jwz.org/doc/threading.html), steps 1 to 4.

Its step 5 joins threads by their subjects; it is left out here, so that what is one thread is one by its headers alone.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from typing import Optional

IDENTITY = re.compile(r"<[^<>\s]+>")


@dataclass(eq=False)
class Container:
    """A mail, or the place of one that is only referred to."""

    message: Message | None = None
    parent: Optional["Container"] = None
    children: list["Container"] = field(default_factory=list)

    def is_below(self, other: "Container") -> bool:
        above: Container | None = self
        while above is not None:
            if above is other:
                return True
            above = above.parent
        return False

    def move_to(self, parent: "Container | None") -> None:
        if self.parent:
            self.parent.children.remove(self)
        self.parent = parent
        if parent:
            parent.children.append(self)

    def messages(self) -> Iterator[Message]:
        if self.message:
            yield self.message
        for child in self.children:
            yield from child.messages()


def threads(messages: Iterable[Message]) -> list[list[Message]]:
    table: dict[str, Container] = {}
    for message in messages:
        (identity,) = IDENTITY.findall(message["Message-ID"])
        container = table.setdefault(identity, Container())
        assert container.message is None, f"{identity} twice: the algorithm would give the second a new identity"
        container.message = message
        _link(table, container, references(message))
    roots = [container for container in table.values() if container.parent is None]
    return [found for root in roots if (found := list(root.messages()))]


def references(message: Message) -> list[str]:
    """References, and behind them the first of In-Reply-To when it is not there."""
    found = IDENTITY.findall(message.get("References", ""))
    answered = IDENTITY.findall(message.get("In-Reply-To", ""))[:1]
    return found + [identity for identity in answered if identity not in found]


def _link(table: dict[str, Container], container: Container, chain: list[str]) -> None:
    above: Container | None = None
    for identity in chain:
        here = table.setdefault(identity, Container())
        if above and here.parent is None and not above.is_below(here):
            here.move_to(above)
        above = here
    if above and not above.is_below(container):
        container.move_to(above)
