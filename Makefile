# Everything is installed into .venv, once for each change of the packages that pyproject.toml names.
PYTHON ?= python3
STACK ?= dev
FOLDER ?= registry
COMPOSE = docker compose --project-directory $(FOLDER)
STACKS := $(sort $(patsubst Pulumi.%.yaml,%,$(wildcard Pulumi.*.yaml)))
BIN := .venv/bin
# What reads a stack and prints: FORMAT is text, json, for what a comment shows markdown, and of gate and show html.
REVIEW = $(BIN)/python -m review $@ --stack $(STACK) $(if $(FORMAT),--format $(FORMAT))
PACKAGES = .venv/.$(if $(filter html,$(FORMAT)),pages,run)
PACK = --policy-pack policies --policy-pack-config policies/$(STACK).json
# What needs more than Python, or time: `make test-heavy` alone runs these.
HEAVY := browser or engine or cluster or conformance or load or node or proofs or tools
PARALLEL := -n auto --maxprocesses 4 --dist worksteal
# Where a call writes down which tests it ran: .ci/run compares them.
RECORD = $(if $(RAN),-p tests.each_once --ran $(RAN))
CODE := __main__.py install.py domain resources settings components policies render review bootstrap localcloud oci rehearsal ops tests benchmarks

# A machine that forbids bytecode beside the code: it is kept apart, since a run without any compiles all anew.
ifdef PYTHONDONTWRITEBYTECODE
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX ?= $(CURDIR)/.cache/pycache
endif

.DEFAULT_GOAL := help
.PHONY: help install rehearse rehearse-once rehearse-each render plan access show gate new-stack backfill registry registry-collect test test-localcloud test-heavy test-engine \
  test-each-once kubernetes mutants check format requirements schema bench modules policy-readme access-page operations-page registries-page causes-page policy-bundle engine preview up clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

install: .venv/.run ## what `pulumi up` needs, into .venv

# A stack that declares clusters needs their SDK.
NAMES := pyproject.toml install.py $(wildcard Pulumi.*.yaml)

.venv/.run: $(NAMES)
	@$(PYTHON) install.py

.venv/.%: $(NAMES)
	@$(PYTHON) install.py $*

# What the local cloud starts; it is no dependency of the project. A run without make builds it, too.
.venv/emulator/.done: localcloud/requirements-emulator.txt | .venv/.rehearsal
	@$(BIN)/python -m localcloud.emulator_environment
	@touch $@

# REPOSITORY proves one. ARGS: --verbose, --port 5000, --token a-password; see --help.
rehearse: .venv/.rehearsal .venv/emulator/.done ## build STACK on a local cloud, prove it, serve it
	@$(BIN)/python -m rehearsal up --stack $(STACK) $(if $(REPOSITORY),--repository $(REPOSITORY)) $(ARGS)

rehearse-once: .venv/.rehearsal .venv/emulator/.done ## the same, ending with the proofs
	@$(BIN)/python -m rehearsal up --stack $(STACK) --once $(if $(REPOSITORY),--repository $(REPOSITORY)) $(ARGS)

rehearse-each: .venv/.rehearsal .venv/emulator/.done ## the same of every stack, one after another
	@$(foreach stack,$(STACKS),$(BIN)/python -m rehearsal up --stack $(stack) --once &&) true

render: .venv/.run ## all that STACK declares, or one REPOSITORY (FORMAT=json)
	@$(REVIEW) $(if $(REPOSITORY),--repository $(REPOSITORY))

plan: .venv/.run ## what STACK changes since BASE (the last commit)
	@$(REVIEW) $(if $(BASE),--base $(BASE))

access: .venv/.run ## who can do what in STACK; with BASE what changes
	@$(REVIEW) $(if $(REPOSITORY),--repository $(REPOSITORY)) $(if $(BASE),--base $(BASE))

show: $(PACKAGES) ## what the team of REPOSITORY needs to push and pull
	@$(if $(REPOSITORY),,echo 'REPOSITORY is missing (write make show REPOSITORY=payments/api)' >&2; exit 2)
	@$(REVIEW) --repository '$(REPOSITORY)'

gate: $(PACKAGES) ## may it be merged: the rules, and the plan since BASE
	@$(REVIEW) $(if $(BASE),--base $(BASE))

# STACK's default is of no use here: dev is there already.
new-stack: .venv/.run ## the files of a new STACK in ACCOUNT and REGION
	@$(if $(and $(filter-out file,$(origin STACK)),$(STACK),$(ACCOUNT),$(REGION)),,echo 'STACK, ACCOUNT or REGION is missing \
	  (write make new-stack STACK=staging ACCOUNT=333344445555 REGION=us-east-1)' >&2; exit 2)
	@$(BIN)/python -m ops new-stack $(STACK) --account "$(ACCOUNT)" --region "$(REGION)" $(if $(AFTER),--after $(AFTER))

backfill: .venv/.ops ## copy what exists to the replica of STACK in REGION
	@$(BIN)/python -m ops backfill --stack $(STACK) --region $(REGION)

# ARGS: --host registry.acme.example, --page-deletion; see `python -m ops registry compose --help`.
registry: .venv/.ops ## a registry of one's own on this machine, in FOLDER (needs Docker)
	@$(BIN)/python -m ops registry compose $(FOLDER) $(ARGS)
	@test -e $(FOLDER)/auth/htpasswd -o -e $(FOLDER)/auth/certificates.pem || \
	  $(BIN)/python -m ops registry user add admin --generate --file $(FOLDER)/auth/htpasswd
	@$(COMPOSE) up --detach --wait

# Pulls go on; pushes wait: with them, a layer that was just uploaded would be collected.
registry-collect: ## the garbage collection of `make registry`, in read-only mode
	@trap '$(COMPOSE) up --detach --wait registry' EXIT; \
	  REGISTRY_MODE=read-only $(COMPOSE) up --detach --wait registry && $(COMPOSE) run --rm collect

test: .venv/.dev .venv/emulator/.done ## the tests that need no more than Python
	$(BIN)/python -m pytest tests -m "not ($(HEAVY))" $(PARALLEL) $(RECORD)

# In a folder that holds what they may need, and nothing else of ours.
test-localcloud: .venv/.dev .venv/emulator/.done ## the local cloud's own tests
	@rm -rf build/localcloud && mkdir -p build/localcloud && cp -Rp domain localcloud oci build/localcloud
	@printf '[pytest]\naddopts = -ra --strict-markers --strict-config\nfilterwarnings = error\n' > build/localcloud/pytest.ini
	cd build/localcloud && $(if $(RAN),PYTHONPATH=$(CURDIR)/tests) $(CURDIR)/$(BIN)/python -m pytest localcloud/tests \
	  -m "not (conformance or load)" $(PARALLEL) $(if $(RAN),-p each_once --ran $(abspath $(RAN)))

test-heavy: .venv/.dev .venv/emulator/.done ## the tests that need more, skipped where it is missing
	@$(BIN)/python -m pytest -m "$(HEAVY)"

test-engine: .venv/.dev .venv/emulator/.done ## the tests on a real Pulumi engine
	$(BIN)/python -m pytest -m engine

kubernetes: ## build the Kubernetes of the cluster tests (once, needs Go)
	@.ci/kubernetes

# RAN: what the calls of the other two have written down.
test-each-once: .venv/.dev
	@$(BIN)/python -m tests.each_once $(RAN) -- -m "$(HEAVY)"

mutants: .venv/.dev ## small faults in the rules: the tests must fail
	$(BIN)/python -m tests.mutants $(if $(SAMPLE),--sample $(SAMPLE))

check: .venv/.dev ## format, lint, types, layers, generated pages, dead code
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports --cache-dir .cache/import-linter
	$(PYTHON) install.py --requirements --check
	$(BIN)/python -m settings.written.schema --check
	$(BIN)/python -m policies.pack.levels
	$(BIN)/python -m policies.pack.readme --check
	$(BIN)/python -m review.access.page --check
	$(BIN)/python -m tests.house names
	$(BIN)/python -m tests.house modules --check
	$(BIN)/python -m localcloud.ecr.operations_page --check
	$(BIN)/python -m ops.login_help.registries_page --check
	$(BIN)/python -m ops.why.causes_page --check
	$(BIN)/cfn-lint bootstrap/account.yaml
	$(BIN)/zizmor --offline --no-progress --persona pedantic .github/workflows
	$(BIN)/vulture

format: .venv/.dev ## format and mend what can be mended
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

requirements: ## write requirements.txt anew, which Pulumi's engine reads
	$(PYTHON) install.py --requirements

schema: .venv/.run ## write the schema and the tables of keys anew
	$(BIN)/python -m settings.written.schema

bench: .venv/.dev ## time the render, the rules and the access matrix
	$(BIN)/python -m benchmarks.render
	$(BIN)/python -m benchmarks.policies
	$(BIN)/python -m benchmarks.access
	$(BIN)/python -m benchmarks.clusters
	$(BIN)/python -m benchmarks.github
	$(BIN)/python -m benchmarks.monitoring

policy-readme: .venv/.run ## write policies/README.md anew
	$(BIN)/python -m policies.pack.readme

modules: .venv/.dev ## write the modules in docs/architecture.md anew
	$(BIN)/python -m tests.house modules

access-page: .venv/.run ## write the matrices in docs/access.md anew
	$(BIN)/python -m review.access.page

operations-page: .venv/.rehearsal ## write the operations in docs/local-cloud.md anew
	@$(BIN)/python -m localcloud.ecr.operations_page

registries-page: .venv/.run ## write the kinds in docs/registries.md anew
	@$(BIN)/python -m ops.login_help.registries_page

causes-page: .venv/.run ## write the causes in docs/why.md anew
	@$(BIN)/python -m ops.why.causes_page

policy-bundle: .venv/.run ## the policy pack as a folder, build/policy-pack
	@$(BIN)/python -m policies.pack.bundle build/policy-pack

# An engine waits for ever for a pack whose environment is missing, so that is looked at first.
engine: .venv/.run
	@command -v pulumi > /dev/null || { echo 'There is no `pulumi` on PATH. Get the CLI, 3.200 or newer, from' \
	  'https://www.pulumi.com/docs/install/. Without it: make rehearse, make gate.' >&2; exit 2; }
	@test -f policies/$(STACK).json || { echo 'policies/$(STACK).json does not exist: copy policies/prod.json' \
	  'and choose the levels of this stack.' >&2; exit 2; }
	@$(BIN)/python -m policies.pack.levels
	@$(BIN)/python -c 'import policies.pack.engine'

preview: engine ## what `pulumi up` would change in STACK
	pulumi preview --stack $(STACK) $(PACK)

up: engine ## deploy STACK, held to the policy pack
	pulumi up --stack $(STACK) $(PACK)

clean: ## remove what the targets made
	rm -rf .venv .cache .hypothesis build
