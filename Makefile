# Two commands: `make demo` shows the toolkit at work, `make test` checks it. Both make the virtual
# environment first, where it is missing; a second run re-uses what is there.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := datasets/demo

.PHONY: demo test lint types docs clean

demo: $(VENV)/.run
	@PYTHON=$(BIN)/python scripts/demo.sh

test: lint types
	$(BIN)/pytest

lint: $(VENV)/.develop
	$(BIN)/ruff check .

types: $(VENV)/.develop
	$(BIN)/mypy

# The options reference, from the parsers.
docs: $(VENV)/.run
	$(BIN)/python scripts/options_reference.py

# Only what make itself made; trained weights and results stay.
clean:
	rm -rf $(VENV) $(DEMO) .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/.run: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.develop: requirements-dev.txt $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
