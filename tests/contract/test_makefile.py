"""`make run` and `make test` on machines that lack one thing or another."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-build.lock", "requirements-npm.lock")
BROWSER_FILES = ("package.json", "package-lock.json", "kiosk/commands/assets.py", "static/css/fonts.css")
SOURCES = ("pyproject.toml", "hatch_build.py", *BROWSER_FILES, *LOCKS)

# Answers the Makefile's questions for real; says what it was asked to start or install instead of doing it.
PYTHON = f"""#!/bin/sh
case "$1 $2" in
  "-m kiosk"*) shift; echo "started: $*";;
  "-m mypy") ;;
  "-m pip") shift; echo "pip: $*";;
  *) exec "{sys.executable}" "$@";;
esac
"""

INSTALL_NPM = "install --require-hashes -r requirements-npm.lock"
INSTALL_KIOSK = "install --no-deps --no-build-isolation --editable ."


def pip_calls(said: str) -> list[str]:
    start = "pip: pip --disable-pip-version-check --quiet "
    return [line.removeprefix(start) for line in said.splitlines() if line.startswith(start)]


class Checkout:
    """A copy of the Makefile among stand-ins, on a machine that has only the tools it is given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "checkout"
        self.tools = folder / "bin"
        self.tools.mkdir()
        self.write("Makefile", (CHECKOUT / "Makefile").read_text(encoding="utf-8"))
        for name in (*SOURCES, "requirements-dev.lock"):
            self.write(name, "")
        for tool in ("mkdir", "touch", "sed", "chmod"):
            self.tool(tool, f'#!/bin/sh\nexec {shutil.which(tool)} "$@"\n')

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def tool(self, name: str, script: str) -> None:
        (self.tools / name).write_text(script, encoding="utf-8")
        (self.tools / name).chmod(0o755)

    def install(self) -> None:
        self.write(".venv/bin/python", PYTHON).chmod(0o755)
        self.write("static/vendor/manifest.json", "{}")
        self.write(".venv/pyvenv.cfg", "")
        self.write(".cache/installed", "")

    def install_for_tests(self) -> None:
        self.install()
        self.write(".cache/installed-for-tests", "")
        self.write(".cache/test-assets/manifest.json", "{}")
        for name in ("ruff", "uv"):
            self.write(f".venv/bin/{name}", f'#!/bin/sh\necho "{name}: $*"\n').chmod(0o755)

    def change(self, name: str) -> None:
        """Writes a file a minute after everything else."""
        for path in self.folder.rglob("*"):
            os.utime(path, (path.stat().st_mtime - 60,) * 2)
        self.write(name, "changed")

    def make(self, *arguments: str, **settings: str) -> tuple[int, str]:
        kept = {"PATH": str(self.tools), "PYTHONPATH": str(CHECKOUT), "HOME": os.environ.get("HOME", "/"), **settings}
        command = [shutil.which("make") or "make", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=kept, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        return done.returncode, done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_make_alone_shows_the_two_commands(checkout: Checkout) -> None:
    status, said = checkout.make()
    assert status == 0
    assert "make run " in said
    assert "make test " in said


def test_without_a_relay_a_start_is_a_demonstration(checkout: Checkout) -> None:
    checkout.install()
    status, said = checkout.make("run", "ARGS=--public 127.0.0.1:9999")
    assert status == 0
    assert "started: kiosk run --demo --public 127.0.0.1:9999" in said
    assert "this is a demonstration" in said


def test_a_relay_in_the_environment_makes_it_real(checkout: Checkout) -> None:
    checkout.install()
    _, said = checkout.make("run", KIOSK_SMTP__HOST="relay.example")
    assert said.strip() == "started: kiosk run"


def test_a_relay_in_the_settings_file_makes_it_real(checkout: Checkout) -> None:
    checkout.install()
    checkout.write("instance/kiosk.toml", '[smtp]\nhost = "relay.example"\n')
    _, said = checkout.make("run")
    assert said.strip() == "started: kiosk run"


def test_broken_settings_are_left_for_the_kiosk_to_explain(checkout: Checkout) -> None:
    checkout.install()
    checkout.write("instance/kiosk.toml", "[smtp\n")
    _, said = checkout.make("run")
    assert said.strip() == "started: kiosk run"


def test_a_second_start_installs_nothing(checkout: Checkout) -> None:
    checkout.install()
    assert "pip:" not in checkout.make("run")[1]


@pytest.mark.parametrize("name", SOURCES)
def test_a_changed_part_of_the_package_is_installed_again_once(checkout: Checkout, name: str) -> None:
    checkout.install()
    checkout.change(name)
    first, second = checkout.make("run")[1], checkout.make("run")[1]
    assert "Installing the kiosk" in first
    assert INSTALL_KIOSK in first
    assert "pip:" not in second


def test_a_start_installs_what_the_locks_hold_then_the_kiosk_alone(checkout: Checkout) -> None:
    checkout.tool("npm", "#!/bin/sh\n")
    checkout.install()
    (checkout.folder / ".cache/installed").unlink()
    assert pip_calls(checkout.make("run")[1]) == [
        "install --require-hashes -r requirements-build.lock -r requirements.lock",
        INSTALL_KIOSK,
    ]


def test_the_tests_install_what_the_development_lock_holds(checkout: Checkout) -> None:
    checkout.tool("npm", "#!/bin/sh\n")
    checkout.install_for_tests()
    checkout.change("requirements-dev.lock")
    first, second = checkout.make("lint")[1], checkout.make("lint")[1]
    assert pip_calls(first) == [
        "install --require-hashes -r requirements-build.lock -r requirements-dev.lock",
        INSTALL_KIOSK,
    ]
    assert pip_calls(second) == []
    assert pip_calls(checkout.make("run")[1]) == []


def test_a_machine_without_npm_gets_the_locked_one_before_the_kiosk_is_built(checkout: Checkout) -> None:
    checkout.install()
    (checkout.folder / ".cache/installed").unlink()
    assert pip_calls(checkout.make("run")[1])[1:] == [INSTALL_NPM, INSTALL_KIOSK]


def test_a_kiosk_without_browser_files_needs_no_npm(checkout: Checkout) -> None:
    checkout.install()
    (checkout.folder / ".cache/installed").unlink()
    assert pip_calls(checkout.make("run", KIOSK_NO_ASSETS="1")[1])[1:] == [INSTALL_KIOSK]


@pytest.mark.parametrize("npm", [True, False])
def test_the_accessibility_checker_is_fetched_with_an_npm_of_this_machine_or_of_the_lock(
    checkout: Checkout, npm: bool
) -> None:
    checkout.install_for_tests()
    (checkout.folder / ".cache/test-assets/manifest.json").unlink()
    if npm:
        checkout.tool("npm", "#!/bin/sh\n")
    status, said = checkout.make(".cache/test-assets/manifest.json")
    assert status == 0
    assert pip_calls(said) == ([] if npm else [INSTALL_NPM])
    assert "started: kiosk.commands.assets --for-tests" in said


def test_a_wheel_is_built_with_the_locked_tools(checkout: Checkout) -> None:
    checkout.install()
    checkout.tool("ls", "#!/bin/sh\n")
    assert pip_calls(checkout.make("wheel")[1]) == ["wheel --no-deps --no-build-isolation --wheel-dir dist ."]


def test_make_lock_writes_every_lock_with_hashes_for_every_python(checkout: Checkout) -> None:
    checkout.install_for_tests()
    status, said = checkout.make("lock", "ARGS=--upgrade")
    calls = [line for line in said.splitlines() if line.startswith("uv: ")]
    assert status == 0
    assert [call.rpartition("--output-file ")[2] for call in calls] == [
        "requirements.lock",
        "requirements-dev.lock",
        "requirements-build.lock",
        "requirements-npm.lock",
    ]
    for option in ("--universal", "--python-version 3.11", "--generate-hashes", "--no-emit-index-url", "--upgrade"):
        assert all(option in call for call in calls)


def test_browser_files_that_someone_deleted_are_built_again(checkout: Checkout) -> None:
    checkout.install()
    (checkout.folder / "static/vendor/manifest.json").unlink()
    assert INSTALL_KIOSK in checkout.make("run")[1]
    assert "pip:" not in checkout.make("run", KIOSK_NO_ASSETS="1")[1]


def test_a_failed_installation_is_tried_again_and_nothing_starts(checkout: Checkout) -> None:
    checkout.install()
    (checkout.folder / ".cache/installed").unlink()
    checkout.write(".venv/bin/python", "#!/bin/sh\nexit 1\n")
    for _ in range(2):
        status, said = checkout.make("run")
        assert status == 2
        assert "make: the installation failed for the reason above" in said
        assert "started" not in said


def test_a_machine_with_only_an_old_python_is_told_so(checkout: Checkout) -> None:
    checkout.tool("python3", "#!/bin/sh\nexit 1\n")
    status, said = checkout.make("run")
    assert status == 2
    assert "make: the kiosk needs Python 3.11 or newer" in said


def test_a_debian_without_python3_venv_is_told_its_name(checkout: Checkout) -> None:
    checkout.tool("python3", '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\n')
    status, said = checkout.make("run")
    assert status == 2
    assert "install Debian's package python3-venv" in said


def test_the_tests_use_the_browser_that_is_there(checkout: Checkout) -> None:
    checkout.tool("google-chrome", "#!/bin/sh\n")
    for tool in ("chromium-headless-shell", "strace", "nginx", "openssl", "gpgsm", "age"):
        checkout.tool(tool, "#!/bin/sh\n")
    assert checkout.make("test-tools") == (0, "")


def test_root_gets_a_browser_installed(checkout: Checkout) -> None:
    checkout.tool("id", "#!/bin/sh\necho 0\n")
    checkout.tool("apt-get", '#!/bin/sh\necho "$@" >> apt.log\n')
    status, said = checkout.make("test-tools")
    assert status == 0
    wanted = "chromium chromium-headless-shell strace nginx-light openssl gpgsm gnupg-agent age"
    assert f"Installing for the tests: {wanted}" in said
    assert (checkout.folder / "apt.log").read_text().splitlines()[-1].endswith(wanted)


def test_anybody_else_is_told_what_to_install(checkout: Checkout) -> None:
    checkout.tool("id", "#!/bin/sh\necho 1000\n")
    status, said = checkout.make("test-tools")
    assert status == 2
    assert "make: the tests need Chromium: install it (Debian: apt-get install chromium)" in said


def test_a_missing_tool_but_the_browser_stops_nobody(checkout: Checkout) -> None:
    checkout.tool("id", "#!/bin/sh\necho 1000\n")
    checkout.tool("chromium", "#!/bin/sh\n")
    assert checkout.make("test-tools") == (0, "")


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="there is one process: nothing to keep together")
def test_a_file_stays_on_one_worker(request: pytest.FixtureRequest) -> None:
    assert request.node.nodeid.endswith("@tests/contract/test_makefile.py")
