# Two commands for a new user: `make run` (the flagship study) and `make test`. Needs Python >= 3.11, pip and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test quick lint types bench clean

run: $(VENV)/.ready-run
	$(BIN)/panelkit run

test: $(VENV)/.ready-test
	$(BIN)/python -m pytest -n auto --dist worksteal -q

quick: $(VENV)/.ready-test
	$(BIN)/python -m pytest -n auto --dist worksteal -q -m "not slow"

lint: $(VENV)/.ready-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.ready-test
	$(BIN)/mypy

bench: $(VENV)/.ready-run
	$(BIN)/python -m bench.resampling

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "panelkit needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready-run: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	touch $@

$(VENV)/.ready-test: requirements-dev.lock $(VENV)/.ready-run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

clean:
	rm -rf $(VENV) output
