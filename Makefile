# `make demo` and `make test` do all the set-up on a fresh machine: Python 3.11 or later and make are all they need.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
JOBS   ?= auto

.DEFAULT_GOAL := help
.PHONY: help demo test lint format schemas pictures bench lock lowest coverage fuzz site spell terminals wheel owner clean

help:  ## what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# What is locked is all there is to install; most of its five thousand modules are never imported, so none is compiled.
$(VENV)/.installed: requirements-dev.txt pyproject.toml
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing $(VENV) && VIRTUAL_ENV=$(VENV) uv pip install --quiet -r requirements-dev.txt && \
	  VIRTUAL_ENV=$(VENV) uv pip install --quiet --no-deps --no-build-isolation -e . ; \
	else \
	  $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps -r requirements-dev.txt && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch $@

# What afsync itself needs, at the pinned versions; a fresh machine installs no development packages for a look at it.
$(VENV)/.runs: requirements.txt pyproject.toml
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing $(VENV) && VIRTUAL_ENV=$(VENV) uv pip install --quiet -r requirements.txt && \
	  VIRTUAL_ENV=$(VENV) uv pip install --quiet --no-deps -e . ; \
	else \
	  $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check -r requirements.txt && \
	  $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps -e . ; \
	fi
	@touch $@

demo: $(VENV)/.runs  ## the whole story against the built-in emulator
	@$(BIN)/afsync demo

test: $(VENV)/.installed  ## all tests, on all cores
	$(BIN)/python -m pytest -n $(JOBS) $(TESTS)

lint: $(VENV)/.installed  ## style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --num-workers auto || { [ $$? -eq 2 ] && $(BIN)/mypy ; }  # on a busy machine its workers may start too late

format: $(VENV)/.installed  ## fix the style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

schemas: $(VENV)/.installed  ## generate schemas/
	$(BIN)/python -m afsync.config.schema > schemas/afsync.schema.json
	$(BIN)/python -m afsync.store.schema > schemas/state.schema.json
	$(BIN)/python -m afsync.config.schema workspace > schemas/workspace.schema.json

pictures: $(VENV)/.installed  ## draw docs/calendar.png with Chromium
	$(BIN)/python -m tests.output.calendar_picture

terminals: $(VENV)/.installed  ## draw docs/pictures from real runs against the emulator
	$(BIN)/python -m tools.terminal

bench: $(VENV)/.installed  ## measure, and write benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks

LOCK := $(VENV)/tools/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header

lock: $(VENV)/.tools  ## pin all versions again, with their hashes
	$(LOCK) --output-file requirements-dev.txt pyproject.toml requirements-dev.in
	$(LOCK) --output-file requirements.txt --constraints requirements-dev.txt pyproject.toml
	$(LOCK) --output-file tools/requirements.txt tools/requirements.in

lowest: $(VENV)/.installed  ## all tests with the lowest versions that pyproject.toml allows
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $$($(BIN)/python tools/lowest.py)
	$(BIN)/python -m pytest -n $(JOBS); result=$$?; rm $(VENV)/.installed; exit $$result

# For the site, releases and coverage; apart from the tests, which do not wait for it.
$(VENV)/.tools: tools/requirements.txt $(VENV)/.installed
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing $(VENV)/tools && VIRTUAL_ENV=$(VENV)/tools uv pip install --quiet -r tools/requirements.txt ; \
	else \
	  $(BIN)/python -m venv $(VENV)/tools && \
	  $(VENV)/tools/bin/python -m pip install --quiet --disable-pip-version-check -r tools/requirements.txt ; \
	fi
	@touch $@

coverage: $(VENV)/.tools  ## branches of core, engine and store that their tests reach; fails below the floor
	PYTHONPATH=$$(echo $(VENV)/tools/lib/python3.*/site-packages) $(BIN)/python -m coverage run -m pytest \
	  tests/core tests/engine tests/store tests/scenarios tests/held tests/notifications
	PYTHONPATH=$$(echo $(VENV)/tools/lib/python3.*/site-packages) $(BIN)/python -m coverage report

fuzz: $(VENV)/.installed  ## a minute of random inputs and histories, others each time
	AFSYNC_SCALE=5 $(BIN)/python -m pytest -n $(JOBS) tests/config/test_forms.py tests/config/test_fast_reader.py \
	  tests/store/test_properties.py tests/reliability/test_state_machine.py

site: $(VENV)/.tools  ## build the site into build/site/site; a broken link is an error
	$(BIN)/python -m tools.site
	cd build/site && $(CURDIR)/$(VENV)/tools/bin/zensical build --clean --strict

spell: $(VENV)/.tools  ## common misspellings in texts and code
	$(VENV)/tools/bin/codespell

wheel: $(VENV)/.tools  ## build what is released into dist/, and check it
	rm -rf dist
	$(VENV)/tools/bin/python -m build --quiet --outdir dist
	$(VENV)/tools/bin/python -m twine check --strict dist/*

owner:  ## make owner NAME=some-org: say who owns this repository, everywhere
	@$(PYTHON) tools/owner.py $(NAME)

clean:  ## remove what can be made again
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis build dist
