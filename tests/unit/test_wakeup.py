"""The bell is a courtesy: whatever became of it, a stored report is never answered with an error."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.store.outbox import wakeup


def a_folder(path: Path) -> None:
    path.mkdir()


def a_file_nobody_may_write(path: Path) -> None:
    path.symlink_to("/proc/version")


def a_link_in_a_circle(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize("spoil", [a_folder, a_file_nobody_may_write, a_link_in_a_circle])
def test_a_bell_that_cannot_be_rung_disturbs_nobody(
    spoil: Callable[[Path], None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spoil(tmp_path / wakeup.NAME)
    wakeup.wake(tmp_path)
    assert "cannot be woken" in caplog.text


def test_nobody_listening_is_no_news(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    wakeup.wake(tmp_path)
    wakeup.Wakeup(tmp_path).__exit__(None, None, None)
    wakeup.wake(tmp_path)
    assert caplog.text == ""


def test_a_ring_wakes_the_listener(tmp_path: Path) -> None:
    with wakeup.Wakeup(tmp_path) as listener:
        wakeup.wake(tmp_path)
        assert listener.wait(1)
        assert not listener.wait(0)
