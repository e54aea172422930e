"""The whole grid is observed once for each mode, and printed at the end of the run."""

from collections.abc import Callable

import pytest

from tests.smtp import grid

OBSERVED: dict[str, dict[tuple[str, str], grid.Cell]] = {}


@pytest.fixture(scope="session")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str, str], grid.Cell]:
    def look(mode: str, step: str, fault: str) -> grid.Cell:
        if mode not in OBSERVED:
            OBSERVED[mode] = grid.observe_all(mode, tmp_path_factory.mktemp("grid"))
        return OBSERVED[mode][step, fault]

    return look


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for mode, cells in OBSERVED.items():
        terminalreporter.section(f"SMTP {mode}: fault × step → state")
        terminalreporter.write_line(grid.as_table(cells))
