# Two commands matter: `make demo` and `make test`. Everything they need beyond python3, pip, venv and make they set up themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
# Hashes, and no word about where the packages come from: a kiosk installed next year is this one, from any mirror.
COMPILE := $(BIN)/pip-compile -q --upgrade --strip-extras --generate-hashes --allow-unsafe --no-header \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links

.PHONY: help demo test torture boot-test lint format bench lock wheel tools clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

demo: $(VENV)/.kiosk  ## a working kiosk on an emulated scanner and a sandbox; ARGS=--headless for no screen
	$(BIN)/kiosk demo $(ARGS)

test: $(VENV)/.dev tools  ## set up and run the whole suite; ARGS are pytest's
	$(BIN)/python -m pytest -n auto -m "not slow and not boot" $(ARGS)

torture: $(VENV)/.dev tools  ## the long versions: hundreds of kills, thousands of crash images
	$(BIN)/python -m pytest -m slow --timeout 3000 $(ARGS)

boot-test: wheel  ## boot a Debian with the units in it, in a container (needs root; skipped with a reason elsewhere)
	@sh tests/tools.sh systemd-nspawn:systemd-container mmdebstrap:mmdebstrap
	$(BIN)/python -m pytest -m boot --timeout 900 tests/systemd $(ARGS)

lint: $(VENV)/.dev  ## ruff, mypy and the import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev  ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev tools  ## every benchmark, as ratios
	@for each in benchmarks/bench_*.py; do $(BIN)/python $$each || exit 1; done

lock: $(VENV)/.dev  ## resolve the dependencies anew
	$(COMPILE) --extra sandbox -o requirements.lock pyproject.toml
	$(COMPILE) --extra sandbox --extra build -c requirements.lock -o requirements-build.lock pyproject.toml
	$(COMPILE) --extra sandbox --extra build --extra dev -c requirements-build.lock -o requirements-dev.lock pyproject.toml

wheel: $(VENV)/.dev  ## build the wheel into dist/
	$(BIN)/python -m build -q --no-isolation --wheel

tools:  ## programs of the operating system that some tests use (skipped with a reason where they cannot be had)
	@sh tests/tools.sh

clean:  ## forget everything that was built
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.kiosk: requirements-build.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements-build.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.kiosk
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@
