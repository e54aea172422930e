"""Polling: waiting for a fact, with a deadline that only a broken program reaches."""

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 60.0  # seconds: many times what a busy machine takes, so that a test is judged by its outcome
LOOK_EVERY = 0.02  # seconds

Fact = TypeVar("Fact")


def until(look: Callable[[], Fact], *, seconds: float = PATIENCE, told: Callable[[], object] | None = None) -> Fact:
    """Returns the first answer of ``look`` that is true; fails after ``seconds`` with what ``told`` says."""
    deadline = time.monotonic() + seconds
    while not (fact := look()):
        assert time.monotonic() < deadline, told() if told else f"not so after {seconds:.0f} seconds"
        time.sleep(LOOK_EVERY)
    return fact
