# `make demo` and `make test` do all the set-up on a fresh machine: Python 3.11 or later and make are all they need.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
JOBS   ?= auto

.DEFAULT_GOAL := help
.PHONY: help demo test lint format schemas pictures bench lock clean

help:  ## what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.installed: requirements-dev.txt pyproject.toml
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing $(VENV) && VIRTUAL_ENV=$(VENV) uv pip install --quiet -r requirements-dev.txt && \
	  VIRTUAL_ENV=$(VENV) uv pip install --quiet --no-deps --no-build-isolation -e . ; \
	else \
	  $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch $@

# What afsync itself needs, at the pinned versions; a fresh machine installs no development packages for a look at it.
$(VENV)/.runs: requirements-dev.txt pyproject.toml
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing $(VENV) && VIRTUAL_ENV=$(VENV) uv pip install --quiet -c requirements-dev.txt -e . ; \
	else \
	  $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements-dev.txt -e . ; \
	fi
	@touch $@

demo: $(VENV)/.runs  ## the whole story against the built-in emulator
	@$(BIN)/afsync demo

test: $(VENV)/.installed  ## all tests, on all cores
	$(BIN)/python -m pytest -n $(JOBS)

lint: $(VENV)/.installed  ## style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(VENV)/.installed  ## mend the style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

schemas: $(VENV)/.installed  ## generate schemas/
	$(BIN)/python -m afsync.config.schema > schemas/afsync.schema.json
	$(BIN)/python -m afsync.store.schema > schemas/state.schema.json

pictures: $(VENV)/.installed  ## draw docs/calendar.png with Chromium
	$(BIN)/python -m tests.calendar.picture

bench: $(VENV)/.installed  ## measure, and write benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks

lock: $(VENV)/.installed  ## pin the development versions anew
	$(BIN)/pip-compile --quiet --strip-extras --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	  --allow-unsafe --output-file requirements-dev.txt pyproject.toml requirements-dev.in

clean:  ## remove what can be made again
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis build dist
