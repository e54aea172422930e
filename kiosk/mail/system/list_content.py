"""Content of a mail that lists things: a row for each of the first, and how many more there are."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

from kiosk.mail.render import Row, row_words


class ListContent(ABC):
    """To be inherited before ``Content``."""

    __slots__ = ()

    @property
    @abstractmethod
    def headline(self) -> str:
        """As in ``Content``."""

    @property
    @abstractmethod
    def total(self) -> int:
        """Listed or not."""

    @property
    @abstractmethod
    def rows(self) -> tuple[Row, ...]:
        """Rows of the mail; there may be more."""

    @property
    def subject(self) -> str:
        return self.headline

    @property
    def more(self) -> int:
        return self.total - len(self.rows)

    def essentials(self) -> Iterator[str]:
        yield from (f"{row.label} : {row_words(row)}" for row in self.rows)
