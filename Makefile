# `make demo` and `make test` are all anybody needs; `make help` explains the rest.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
DEMO_DATA := var/demo
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt
export OMP_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help demo test lint format docs-check clean

help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  PORT=8001 another port · RESET=1 begin the demo anew · VOTES=200 fill boards with SIMULATED votes"

demo: $(VENV)/.demo ## Build, load the demo studies, start web and worker, open for voting
	@CONSILIUM_DATA_DIR=$(DEMO_DATA) CONSILIUM_SITE_URL=http://localhost:$(PORT) \
		$(BIN)/python manage.py demo --port $(PORT) $(if $(RESET),--reset) $(if $(VOTES),--simulate-votes $(VOTES))

test: $(VENV)/.test ## Build what it needs and run every check and test
	@BIN=$(BIN) tests/run

lint: $(VENV)/.test ## Only the static checks: ruff, mypy, import-linter
	@BIN=$(BIN) tests/run --lint

format: $(VENV)/.test ## Format the Python code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

clean: ## Remove the environment and the demo's data
	rm -rf $(VENV) $(DEMO_DATA)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Consilium needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Creating the environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing what the demo needs (a minute or two, once) …"
	@$(PIP) --editable '.[web,demo]'
	@touch $@

$(VENV)/.test: $(VENV)/.demo
	@echo "Installing what the tests need …"
	@$(PIP) --editable '.[web,demo,production,models,films,test]'
	@touch $@
