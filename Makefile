# Everything is installed into .venv, once for each change of a requirements file.
PYTHON ?= python3
STACK ?= dev
BIN := .venv/bin
CODE := __main__.py domain settings components review rehearsal tests benchmarks

.DEFAULT_GOAL := help
.PHONY: help install rehearse rehearse-once render test test-engine check format schema bench preview up clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

install: .venv/.run ## what `pulumi up` needs, into .venv

.venv/bin/python:
	$(PYTHON) -m venv .venv

# Bytecode is compiled here, on all cores, so that no first run pays for it.
.venv/.run: requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -r requirements.txt
	$(BIN)/python -m compileall -q -j 0 .venv/lib
	@touch $@

.venv/.rehearsal: requirements-rehearsal.txt .venv/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -r requirements-rehearsal.txt
	$(BIN)/python -m compileall -q -j 0 .venv/lib
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.rehearsal
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -r requirements-dev.txt
	$(BIN)/python -m compileall -q -j 0 .venv/lib
	@touch $@

rehearse: .venv/.rehearsal ## build STACK on a local cloud, prove every promise, serve the registry until interrupted
	@$(BIN)/python -m rehearsal up --stack $(STACK)

rehearse-once: .venv/.rehearsal ## the same, ending with the proofs
	@$(BIN)/python -m rehearsal up --stack $(STACK) --once

render: .venv/.run ## everything that STACK declares, without an account (STACK=prod, FORMAT=json)
	@$(BIN)/python -m review render --stack $(STACK) --format $(or $(FORMAT),text)

test: .venv/.dev ## all tests that need no more than Python
	$(BIN)/python -m pytest -m "not engine and not load and not node and not conformance"

test-engine: .venv/.dev ## the tests on a real Pulumi engine, where `pulumi` is on PATH
	$(BIN)/python -m pytest -m engine

check: .venv/.dev ## format, lint, strict types, layers, schema, dead code
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports --cache-dir .cache/import-linter
	$(BIN)/python -m settings.schema --check
	$(BIN)/vulture

format: .venv/.dev ## format and mend what can be mended
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

schema: .venv/.run ## write docs/catalog.schema.json anew
	$(BIN)/python -m settings.schema

bench: .venv/.run ## time the render beside a plain hand-written program
	$(BIN)/python -m benchmarks.render

preview: .venv/.run ## what `pulumi up` would change in STACK
	pulumi preview --stack $(STACK)

up: .venv/.run ## deploy STACK
	pulumi up --stack $(STACK)

clean: ## remove what the targets made
	rm -rf .venv .cache .hypothesis build
