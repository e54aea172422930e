"""The console with many reports beside one with few, and what the kiosk does with all of them now and then."""

from collections.abc import Callable, Mapping

from kiosk.store.reports import search
from kiosk.web.staff.breaches import register
from tests.bench.bench import Bench
from tests.bench.desk import Desk
from tests.bench.figures import percentile
from tests.bench.measurement import Measurement

REQUESTS = 20  # of each sort in a round
SEARCHES = 3
Verb = Callable[[Desk], float]
PAGES: dict[str, Verb] = {
    "list": Desk.list,
    "look-up by reference": Desk.look_up,
    "poll without news": Desk.empty_poll,
    "list of the closed ones": Desk.closed,
    "register of breaches": Desk.register,
}


class AcrossDesks(Measurement):
    """A figure for each verb and each of the busier desks, beside the one with few reports."""

    verbs: Mapping[str, Verb]

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        few = f"{bench.options.few_reports:,} reports"
        self._figures = {
            name: [self.figure(f"{name}, {count:,} reports", few, "ms") for count in bench.options.reports]
            for name in self.verbs
        }

    def _compare(self, name: str, times: int) -> None:
        """The median of ``times`` turns of all desks."""
        desks = [self._bench.desk_with_few, *self._bench.desks_with_many]
        taken = [[self.verbs[name](desk) * 1e3 for desk in desks] for _ in range(times)]
        few, *many = (percentile(of_one, 0.5) for of_one in zip(*taken, strict=True))
        for figure, median in zip(self._figures[name], many, strict=True):
            figure.add(median, few)


class Console(AcrossDesks):
    heading = "console"
    verbs = PAGES

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.notes = [f"A tenth of the reports are breaches; the register shows {register.SHOWN} of them at most."]

    def round(self) -> None:
        for name in self.verbs:
            self._compare(name, REQUESTS)


class NowAndThen(AcrossDesks):
    heading = "now and then"
    once = True
    verbs: Mapping[str, Verb] = {"word search": Desk.search, "daily mail": Desk.daily_mail, "kiosk verify": Desk.verify}

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.notes = [f"A word search opens the newest {search.LIMIT:,} reports at most."]

    def round(self) -> None:
        warm = Desk(self._bench.folder / "warm", 1)
        for verb in (Desk.search, Desk.daily_mail):
            verb(warm)
        self._compare("word search", SEARCHES)
        self._compare("kiosk verify", 1)
        self._compare("daily mail", 1)
