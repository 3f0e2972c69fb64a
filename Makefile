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
	$(BIN)/python -m pytest

lint: $(VENV)/.develop
	$(BIN)/python -m ruff check .

types: $(VENV)/.develop
	$(BIN)/python -m mypy

# The options reference, from the parsers.
docs: $(VENV)/.run
	$(BIN)/python scripts/options_reference.py

# Only what make itself made; trained weights and results stay.
clean:
	rm -rf $(VENV) $(DEMO) .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/.run: requirements.txt
	@# One that was broken off, or is of an older Python, is made anew.
	@$(BIN)/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || \
		{ $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' && $(PYTHON) -m venv --clear $(VENV); } || \
		{ echo "error: Python 3.10 or newer with venv is needed: make PYTHON=python3.12, for example" >&2; exit 2; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.develop: requirements-dev.txt $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
