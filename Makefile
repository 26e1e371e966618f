# Every task of the project; bare `make` lists them. The tasks make their own .venv from the pinned, hashed
# files in requirements/, so that Python 3.11 or newer and make are all a machine needs.

PYTHON ?= python3
PORT ?= 8000
ARGS ?=
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Compiled modules are cached, because a test run starts several processes, and each would compile every module.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help run unit test clients deep torture bench check format docs reference lock check-locks clauses clean

help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: .venv/run.stamp ## start the service with example data (PORT=8000)
	@trap 'exit 0' INT; $(BIN)/orders demo --port $(PORT) --port-option "make run PORT=$$(($(PORT) + 1))"

unit: .venv/dev.stamp ## run the tests that need no server, in seconds
	@$(BIN)/pytest -n auto --quiet tests/unit $(ARGS)

test: .venv/dev.stamp ## run the tests (ARGS="-k stock", or ARGS=--cov for the coverage)
	@$(BIN)/pytest --numprocesses=auto $(if $(CI),--durations=20) $(ARGS)

clients: .venv/dev.stamp ## generate clients in Python and TypeScript from the OpenAPI document, and use them; lint it
	@$(BIN)/pytest --deep --quiet tests/contract/http/documentation/test_generated_client.py \
	  tests/contract/http/documentation/test_typescript_client.py \
	  tests/contract/http/documentation/test_spectral.py $(ARGS)

# Tests that measure time run at the end, with nothing beside them.
deep: .venv/dev.stamp ## run every test at full length, then three torture runs: two to three hours
	@$(BIN)/pytest --deep --numprocesses=auto --timeout=1200 --durations=20 -m "not alone" \
	  --cov --cov-report=term:skip-covered --cov-fail-under=97 $(ARGS)
	@$(BIN)/pytest --deep --durations=20 -m alone $(ARGS)

torture: .venv/dev.stamp ## kill processes and servers under load, and check that nothing is lost (SECONDS=60 SEED=7)
	@$(BIN)/python -m tests.torture $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED)) $(ARGS)

bench: .venv/dev.stamp ## measure the service beside the limits of this machine (ARGS=--quick, ARGS=--help)
	@$(BIN)/python -m benchmarks $(ARGS)

check: .venv/dev.stamp ## lint, format, types, imports, migrations, docs: all of them, then the result
	@failed=""; \
	step() { title=$$1; shift; echo "== $$title"; "$$@" || failed="$$failed $$title;"; }; \
	step "lint" $(BIN)/ruff check .; \
	step "format" $(BIN)/ruff format --check .; \
	step "types" $(BIN)/mypy; \
	step "client types" env PYTHONPATH=.venv/examples MYPYPATH=clients/python/src $(BIN)/mypy --strict --config-file= \
	  --ignore-missing-imports -p orders_client; \
	step "imports" $(BIN)/lint-imports --no-logo; \
	step "migrations" $(BIN)/orders migrate --check; \
	step "docs" $(MAKE) --no-print-directory docs; \
	if [ -n "$$failed" ]; then echo "Failed:$${failed%;}."; exit 1; fi; echo "All checks passed."

format: .venv/dev.stamp ## apply ruff's format and fixes
	@$(BIN)/ruff check --fix --exit-zero . && $(BIN)/ruff format .

# A page that loads a script, a style or a font from elsewhere would not work offline.
docs: .venv/dev.stamp ## build the documentation into site/, and check its links
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@! grep -rlE '<(script|link|img)[^>]+(src|href)="?(https?:)?//' site --include='*.html'
	@echo "The documentation is site/index.html; for its search: python3 -m http.server --directory site"

reference: .venv/dev.stamp ## regenerate the generated parts of docs/ and of the Python client
	@$(BIN)/python -m tools.reference && $(BIN)/python -m tools.client

clauses: .venv/dev.stamp ## list each source clause with its tests
	@$(BIN)/pytest --clauses --quiet $(ARGS)

# The build backend is locked beside the libraries; dev.txt has the same pins as run.txt and more.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	  --no-header --no-annotate $(ARGS)
LOCK = $(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
	| $(COMPILE) --no-emit-package orders pyproject.toml -

lock: .venv/dev.stamp ## regenerate requirements/ from pyproject.toml (ARGS=--upgrade for newer versions)
	@$(LOCK) --extra dev --output-file requirements/dev.txt >/dev/null
	@$(LOCK) --extra all --constraint requirements/dev.txt --output-file requirements/run.txt >/dev/null
	@$(COMPILE) --group examples --constraint requirements/dev.txt --output-file requirements/examples.txt >/dev/null
	@wc -l requirements/*.txt

# Debian 12 brings pip 23.0.1 to Python 3.11; it does not run on later Pythons, and the oldest that these bring is 23.2.1.
check-locks: ## install both lock files with the oldest pip that they are for, in a temporary environment
	@set -e; folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	for lock in run dev examples; do \
	  $(PYTHON) -m venv --clear "$$folder"; pip="$$folder/bin/python -m pip --disable-pip-version-check --quiet"; \
	  $$pip install "pip==$$($(PYTHON) -c 'import sys; print("23.0.1" if sys.version_info < (3, 12) else "23.2.1")')"; \
	  echo "Installing requirements/$$lock.txt with $$($$pip --version) ..."; \
	  $$pip install --require-hashes --no-compile --requirement requirements/$$lock.txt; \
	done

clean: ## remove .venv and everything the tasks leave behind
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .schemathesis \
	  .coverage .coverage.* htmlcov dist build site
	@find src tests tools migrations -type d '(' -name __pycache__ -o -name .hypothesis ')' -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "orders needs Python 3.11 or newer, and $(PYTHON) is not one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv || \
	  { echo "orders needs Python's venv module (on Debian: apt-get install python3-venv)." >&2; rm -rf .venv; exit 1; }

# Without a network, pip prints many warnings and then reports the package as unknown.
INSTALL = install() { $(PIP) install "$$@" 2>.venv/pip.log && return; \
	  if grep -q "connection broken by" .venv/pip.log; \
	  then echo "The network is missing: pip cannot reach its package index (see .venv/pip.log)." >&2; \
	  else cat .venv/pip.log >&2; fi; return 1; }; install

.venv/run.stamp: .venv/bin/python requirements/run.txt pyproject.toml
	@echo "Installing what the service needs into .venv: once, about a minute ..."
	@$(INSTALL) --require-hashes --requirement requirements/run.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements/dev.txt requirements/examples.txt
	@echo "Installing what the tests and checks need into .venv: once, about two minutes ..."
	@$(INSTALL) --require-hashes --requirement requirements/dev.txt
	@$(INSTALL) --require-hashes --target .venv/examples --upgrade --requirement requirements/examples.txt
	@touch $@
