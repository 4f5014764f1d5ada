# fairdeal: every target sets up what it needs. Costs are for two cores.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Nothing that runs here asks any network for anything.
export MLFLOW_DISABLE_TELEMETRY := true
export GX_ANALYTICS_ENABLED := false
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export DO_NOT_TRACK := 1

.PHONY: help setup demo test test-slow test-all check bench console screenshots data-dictionary

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

$(READY): constraints.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed, found " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	{ $(BIN)/python -m pip install -q --disable-pip-version-check uv \
	  && $(BIN)/uv pip install -q --python $(BIN)/python --compile-bytecode --no-deps -r constraints.txt \
	  && $(BIN)/uv pip install -q --python $(BIN)/python --no-deps -e . ; } \
	|| { $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -r constraints.txt \
	  && $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e . ; }
	touch $@

setup: $(READY) ## make .venv with fairdeal in it (half a minute with uv, two with pip)

demo: $(READY) ## simulate, train, run the last days, verify their feeds (three minutes)
	$(BIN)/fairdeal demo

console: $(READY) ## the dispute queue of the demo in the browser, on port 8000
	FAIRDEAL_CONSOLE_SECOND_FACTOR=$(if $(FAIRDEAL_HOME),$${FAIRDEAL_CONSOLE_SECOND_FACTOR:-true},false) FAIRDEAL_HOME=$${FAIRDEAL_HOME:-.fairdeal/demo} $(BIN)/fairdeal console

test: $(READY) ## all tests a developer waits for, a file of them at a time to each of two processes (up to twenty minutes)
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not slow"

test-slow: $(READY) ## only what make test leaves out: kills through the flow, the demo, the schedule, the wheel, the shipped sources (half an hour)
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m slow

test-all: $(READY) ## both
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

check: $(READY) ## format, lint, types, layers, spelling, generated docs (a minute)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/codespell
	$(BIN)/fairdeal contracts dictionary | diff -u docs/data_dictionary.md - > /dev/null || { echo "docs/data_dictionary.md is out of date: make data-dictionary"; exit 1; }
	$(BIN)/fairdeal features | diff -u docs/features.md - > /dev/null || { echo "docs/features.md is out of date: make data-dictionary"; exit 1; }

data-dictionary: $(READY) ## write docs/data_dictionary.md and docs/features.md anew
	$(BIN)/fairdeal contracts dictionary > docs/data_dictionary.md
	$(BIN)/fairdeal features > docs/features.md

screenshots: $(READY) ## the README's pictures of what make demo left, into docs/pictures; needs Debian's chromium (a minute)
	FAIRDEAL_HOME=.fairdeal/demo $(BIN)/fairdeal contracts report
	$(BIN)/python docs/screenshots.py

bench: $(READY) ## every benchmark, one JSON line per figure; DATA=folder of the public data sets
	for file in benchmarks/[a-z]*.py; do $(BIN)/python -m benchmarks.$$(basename $$file .py) $(if $(DATA),--data $(DATA)) || exit 1; done
