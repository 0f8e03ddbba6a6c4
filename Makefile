# Helpdesk. `make` alone lists what there is. Needs git, make and Python 3.11 or newer; the rest is fetched, pinned by hash.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
STAMP := .venv/.synced
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup run demo test bench bench-mail chaos lint format types schemas console clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(STAMP) ## the Python environment in .venv, from requirements.lock

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or say make PYTHON=/path/to/python"; exit 1; }
	@echo "setting up .venv with $(PYTHON)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

run: setup ## the whole system; Ctrl-C stops it
	@$(BIN)/helpdesk up $(ARGS)

demo: setup ## the same, with sample mails that keep coming
	@$(BIN)/helpdesk up --demo $(ARGS)

test: setup ## all tests, on real servers
	$(BIN)/python -m pytest -m "not chaos" $(ARGS)

bench: setup ## measure, with floors from the same run; the last line is the path of a JSON file
	@$(BIN)/python -m tests.bench $(ARGS)

bench-mail: setup ## how well mail is read, on other projects' test material beside their libraries (fetched once into build/)
	@$(BIN)/python -m tests.bench_mail $(ARGS)

chaos: setup ## the long kill suite: 10,000 mails
	HELPDESK_CHAOS_MAILS=$${HELPDESK_CHAOS_MAILS:-10000} $(BIN)/python -m pytest tests/chaos $(ARGS)

lint: setup ## ruff and the import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: setup ## format and fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: setup ## mypy, strict
	$(BIN)/mypy services schemas deploy tests

schemas: setup ## write the generated schema files anew
	$(BIN)/python -m schemas.generate

console: setup ## build the web console
	@$(BIN)/python -m deploy.embedded.console

clean: ## delete caches and builds; data in .helpdesk/ stays (helpdesk down --wipe)
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build services/gateway/console/dist services/gateway/console/node_modules
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
