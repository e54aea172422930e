# Two main commands: `make run` and `make test`. Each installs what it needs, once.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PYTHONS := $(or $(PYTHON),python3.11 python3 python3.12 python3.13 python3.14)
CHROMIUMS := $(CHROMIUM) chromium chromium-browser google-chrome google-chrome-stable
# One worker more than processors: most tests wait longer than they work. WORKERS=0 for one process, as a debugger wants it.
WORKERS = $$(expr $$(getconf _NPROCESSORS_ONLN) + 1)
PYTEST = CHROMIUM=$$($(FIND_CHROMIUM)) $(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 4 --dist loadgroup --no-loadscope-reorder

INSTALLED := .cache/installed
INSTALLED_FOR_TESTS := .cache/installed-for-tests
TEST_ASSETS := .cache/test-assets/manifest.json
LOCKS := requirements.lock requirements-build.lock requirements-npm.lock
BUILT_FROM := $(VENV)/pyvenv.cfg $(LOCKS) pyproject.toml hatch_build.py package.json package-lock.json kiosk/commands/assets.py \
	static/css/fonts.css $(wildcard kiosk/*/*/LC_MESSAGES/*.po) $(if $(wildcard static/vendor/manifest.json)$(KIOSK_NO_ASSETS),,missing-browser-files)

FIND_CHROMIUM = for name in $(CHROMIUMS); do command -v "$$name" && break; done

# pip checks each file against its hashes in a lock. The build tools are locked too, so the build has no isolated
# environment, and npm is installed beforehand where it is missing.
INSTALL_LOCKED = $(PIP) install --require-hashes
INSTALL_NPM = { command -v npm >/dev/null || $(INSTALL_LOCKED) -r requirements-npm.lock; }
INSTALL_KIOSK = { test "$(KIOSK_NO_ASSETS)" = 1 || $(INSTALL_NPM); } && $(PIP) install --no-deps --no-build-isolation --editable .
INSTALL_FAILED = { echo "make: the installation failed for the reason above (is there a network, or a proxy to set?)." >&2; exit 1; }

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-quick test-ci test-long lint bench screenshots texts lock wheel clean test-tools missing-browser-files

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS='	' read -r name what; do printf '  make %-12s %s\n' "$$name" "$$what"; done

run: $(INSTALLED) ## Start the kiosk (8080) and the console (8081); a demonstration while no mail relay is set. ARGS="--public …"
	@demo=$$($(BIN)/python -c 'from kiosk.config import load_settings as s; print("" if s().smtp.host else "--demo")' 2>/dev/null); \
	test -z "$$demo" || echo "No mail relay is configured: this is a demonstration, its mails stay on this machine."; \
	exec $(BIN)/python -m kiosk run $$demo $(ARGS)

test: lint $(TEST_ASSETS) test-tools ## Check style and types, then run every test of every day (8 minutes). ARGS="-k name"
	@echo "Running the tests …"
	@$(PYTEST) $(ARGS)

test-quick: $(INSTALLED_FOR_TESTS) test-tools ## Run the tests without a browser, a mail relay or a crash (a minute)
	@$(PYTEST) tests/unit tests/contract tests/web $(ARGS)

test-ci: $(INSTALLED_FOR_TESTS) $(TEST_ASSETS) test-tools ## Run sweeps, packaging, more kills, disk scans: what only a change to be merged needs
	@echo "Running the sweeps …"
	@$(PYTEST) -m "ci and not long" $(ARGS)

test-long: $(INSTALLED_FOR_TESTS) $(TEST_ASSETS) test-tools ## Run every sweep whole, and the properties on new random examples
	@echo "Running the long tests …"
	@$(PYTEST) -m "long or ci or hypothesis" --hypothesis-profile search $(ARGS)

lint: $(INSTALLED_FOR_TESTS) ## Check style and types only
	@echo "Checking style and types …"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python -m mypy

bench: $(INSTALLED_FOR_TESTS) ## Measure visits, mails, memory and pages beside a plain outbox (4 minutes). ARGS="--only drain"
	@echo "Measuring …"
	@CHROMIUM=$$($(FIND_CHROMIUM)) $(BIN)/python -m tests.bench $(ARGS)

screenshots: $(INSTALLED_FOR_TESTS) test-tools ## Take the pictures of the README
	@CHROMIUM=$$($(FIND_CHROMIUM)) $(BIN)/python -m tests.browser.screenshots

texts: $(INSTALLED) ## Bring the texts of pages and forms into kiosk/translations/*/LC_MESSAGES/messages.po
	@$(BIN)/pybabel --quiet extract --mapping babel.cfg --keywords N_ --no-location --output .cache/texts.pot .
	@$(BIN)/pybabel --quiet update --input-file .cache/texts.pot --output-dir kiosk/translations --width 120 \
	  --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date

LOCK = $(BIN)/uv --quiet pip compile --universal --python-version 3.11 --python $(BIN)/python --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(ARGS)

lock: $(INSTALLED_FOR_TESTS) ## Write requirements*.lock again after a change in pyproject.toml. ARGS=--upgrade for newer releases
	@echo "Locking the dependencies …"
	@$(LOCK) pyproject.toml --output-file requirements.lock
	@$(LOCK) pyproject.toml --extra dev --constraint requirements.lock --output-file requirements-dev.lock
	@$(LOCK) --group build --constraint requirements-dev.lock --output-file requirements-build.lock
	@$(LOCK) --group npm --output-file requirements-npm.lock

wheel: $(INSTALLED) ## Build dist/*.whl, to install on a terminal without a checkout
	@$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

clean: ## Remove all that these commands made; the instance with its reports stays
	@rm -rf $(VENV) .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist node_modules static/vendor static/compressed
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/pyvenv.cfg:
	@python=; for name in $(PYTHONS); do \
	  "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && python=$$name && break; \
	done; \
	test -n "$$python" || { echo "make: the kiosk needs Python 3.11 or newer: install it, or name it: make PYTHON=/path/to/python3" >&2; exit 1; }; \
	"$$python" -c 'import ensurepip, venv' 2>/dev/null || { echo "make: $$python cannot make environments: install Debian's package python3-venv." >&2; exit 1; }; \
	echo "Preparing $(VENV) with $$python …"; \
	"$$python" -m venv --clear $(VENV)

$(INSTALLED): $(BUILT_FROM)
	@mkdir -p .cache
	@echo "Installing the kiosk and its browser files (up to a minute; needs the network this once) …"
	@{ $(INSTALL_LOCKED) -r requirements-build.lock -r requirements.lock && $(INSTALL_KIOSK); } || $(INSTALL_FAILED)
	@touch $@

$(INSTALLED_FOR_TESTS): $(BUILT_FROM) requirements-dev.lock
	@mkdir -p .cache
	@echo "Installing the kiosk, its browser files and the test tools (a minute or two; needs the network this once) …"
	@{ $(INSTALL_LOCKED) -r requirements-build.lock -r requirements-dev.lock && $(INSTALL_KIOSK); } || $(INSTALL_FAILED)
	@touch $(INSTALLED) $@

$(TEST_ASSETS): package-lock.json kiosk/commands/assets.py | $(INSTALLED_FOR_TESTS)
	@echo "Fetching the accessibility checker for the tests …"
	@$(INSTALL_NPM) || $(INSTALL_FAILED)
	@$(BIN)/python -m kiosk.commands.assets --for-tests
	@touch $@

# Tools of the tests. The headless shell renders most pages with half the processor time of the whole browser. A few
# tests need strace (counts system calls), nginx (proxy in front of the doors), openssl, gpgsm
# (read encrypted mails) or age (opens a backup); without it they are skipped with the reason.
test-tools:
	@missing=; \
	{ $(FIND_CHROMIUM); } >/dev/null || missing=chromium; \
	command -v chromium-headless-shell >/dev/null || missing="$$missing chromium-headless-shell"; \
	command -v strace >/dev/null || missing="$$missing strace"; \
	command -v nginx >/dev/null || missing="$$missing nginx-light"; \
	command -v openssl >/dev/null || missing="$$missing openssl"; \
	command -v gpgsm >/dev/null || missing="$$missing gpgsm gnupg-agent"; \
	command -v age >/dev/null || missing="$$missing age"; \
	test -n "$$missing" || exit 0; \
	if test "$$(id -u)" = 0 && command -v apt-get >/dev/null; then \
	  echo "Installing for the tests: $$missing (a minute) …"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing >/dev/null; \
	elif case "$$missing" in chromium|"chromium "*) true;; *) false;; esac; then \
	  echo "make: the tests need Chromium: install it (Debian: apt-get install chromium), or name yours: make test CHROMIUM=/path/to/it" >&2; exit 1; \
	fi
