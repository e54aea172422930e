"""Every fault at every step of the dialogue, in clear, pipelined and over TLS."""

from collections.abc import Callable

import pytest

from tests.smtp.faults import FAULTS, STEPS
from tests.smtp.grid import MODES, Cell, limit, promised

PROMISED = promised()
SLACK = 40.0  # seconds: ten times the limit, for a busy machine; without the limit a fault lasts a minute
COPIES = {"relay": {0}, "auth": {0}, "deferred": {0}, "held": {0}, "ambiguous": {0, 1}, "sent": {1}}

ONE_PACKET = ["mail", "rcpt", "data"]

Observed = Callable[[str, str, str], Cell]

CELLS = [(step, fault) for fault in FAULTS for step in STEPS]

every_cell = pytest.mark.parametrize(("step", "fault"), CELLS)
every_mode = pytest.mark.parametrize("mode", MODES)


def phases_of(mode: str, step: str, fault: str) -> set[str]:
    """Where the dialogue may say that it stopped: a reset overtakes whatever was not read before it."""
    if fault == "reset" and step == "banner":
        return {"connect", "banner"}
    if fault == "reset" and mode != "in clear" and step in ONE_PACKET:
        return set(ONE_PACKET[: ONE_PACKET.index(step) + 1])
    return {"mail" if step == "second" else step}


@every_cell
@every_mode
def test_every_fault_at_every_step_ends_in_the_promised_state(
    observed: Observed, mode: str, step: str, fault: str
) -> None:
    cell = observed(mode, step, fault)
    assert cell.state == PROMISED[step, fault], cell.words
    if cell.state != "sent":
        assert cell.phase in phases_of(mode, step, fault)


@every_mode
def test_no_fault_makes_a_second_copy_or_a_false_success(observed: Observed, mode: str) -> None:
    for step, fault in CELLS:
        cell = observed(mode, step, fault)
        assert cell.taken in COPIES[cell.state], (step, fault, cell)
        assert cell.all_bytes_exact, (step, fault, cell)


@every_mode
def test_after_any_fault_a_good_mail_passes(observed: Observed, mode: str) -> None:
    assert [place for place in CELLS if not observed(mode, *place).next_mail_passes] == []


@every_mode
def test_no_fault_outlasts_the_limit_of_one_attempt(observed: Observed, mode: str) -> None:
    assert [place for place in CELLS if observed(mode, *place).seconds > limit(place[1]) + SLACK] == []


@every_mode
def test_what_is_kept_of_the_answer_can_be_shown_to_anybody(observed: Observed, mode: str) -> None:
    for step, fault in CELLS:
        words = observed(mode, step, fault).words
        assert 0 < len(words) <= 500, (step, fault, words)
        assert words.isascii(), (step, fault, words)
        assert words.isprintable(), (step, fault, words)
        assert "not-a-real-one" not in words, (step, fault, words)


def test_ambiguous_is_said_only_where_the_relay_may_have_the_mail() -> None:
    for (step, fault), state in PROMISED.items():
        assert (state == "ambiguous") <= (step == "dot" or (step == "body" and fault.startswith("wrong"))), (
            step,
            fault,
        )
