# Two commands matter: `make demo` sets up and runs the main job, `make test` sets up and passes the tests.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/pip --disable-pip-version-check install --quiet --constraint constraints.txt

.PHONY: help install install-dev demo test test-all check format docs bench clean

help:           ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 16

$(VENV)/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Armillary needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) torch
	$(PIP) --editable '.[text,speech]'
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(PIP) --editable '.[dev]'
	@touch $@

install: $(VENV)/installed          ## what users need, in .venv
install-dev: $(VENV)/installed-dev  ## and what developers need

demo: install   ## the whole story on real text: train ladders, fit laws, predict, verify, report (a few minutes)
	$(BIN)/armillary demo

# A process for each core, and a thread for each process; a file's tests share what they set up.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile

test: install-dev   ## the default test suite
	$(PYTEST)

test-all: install-dev   ## and the slow tests
	$(PYTEST) -m 'not gpu and not network'

check: install-dev  ## format, lint, types, layers, size budget, generated docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/size_budget.py
	$(BIN)/python tools/cli_reference.py --check
	$(BIN)/python tools/json_reference.py --check

format: install-dev ## rewrite the sources in the house style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: install-dev   ## write the generated pages again
	$(BIN)/python tools/cli_reference.py
	$(BIN)/python tools/json_reference.py

bench: install-dev  ## measure against peers, side by side
	$(PIP) --editable '.[bench]'
	$(BIN)/python -m benchmarks

clean:          ## remove what can be made again
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis src/*.egg-info
