# Everything that a developer or a machine does with hrlab. `make help` lists it.
# Each target makes what it needs, does nothing twice, and stops what it started.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := $(CURDIR)/.venv
BIN := $(VENV)/bin
export PATH := $(BIN):$(PATH)
# Nothing of the caller's Python leaks in, and pip does not talk about itself.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Yarn asks its own host for packages; where npm is told to use another one, Yarn follows.
ifndef YARN_NPM_REGISTRY_SERVER
NPM_REGISTRY := $(shell npm config get registry 2>/dev/null)
ifneq ($(NPM_REGISTRY),)
export YARN_NPM_REGISTRY_SERVER := $(NPM_REGISTRY)
endif
endif

PACKAGING := pyproject.toml install.json $(wildcard jupyter-config/server-config/*.json)
FRONT_END := $(wildcard package.json tsconfig.json) $(shell find src style schema -type f -not -path '*/__tests__/*' 2>/dev/null)

.PHONY: help
help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(VENV)/.ready  ## run the example on a local Dask cluster and print its phase table
	@$(BIN)/python scripts/demo.py

.PHONY: lab
lab: $(VENV)/.ready  ## open the example in JupyterLab, with the runs of the demo in the panel
	@mkdir -p .demo
	HRLAB_STORE=$(CURDIR)/.demo/runs.sqlite $(BIN)/jupyter lab --ip=127.0.0.1 $(if $(filter 0,$(shell id -u)),--allow-root) examples/zee.ipynb

.PHONY: develop
develop: $(VENV)/.develop  ## set up for development: everything that tests and linters need

.PHONY: test
test:  ## all checks; some of them: make test ONLY="types layers"
	@PYTHON="$(PYTHON)" scripts/need.sh test $(ONLY) && scripts/need.sh python "$(PYTHON)" && scripts/need.sh node
	@$(MAKE) --no-print-directory $(VENV)/.develop
	@$(BIN)/python scripts/check.py $(ONLY)

.PHONY: test-hep
test-hep: $(VENV)/.develop  ## the check that needs ROOT and coffea, alone
	@$(BIN)/python scripts/check.py physics

.PHONY: format
format: $(VENV)/.develop  ## format Python and TypeScript
	$(BIN)/ruff format . && $(BIN)/ruff check --fix . && $(BIN)/jlpm lint

.PHONY: docs
docs: $(VENV)/.develop  ## copy what the code declares into docs/
	@$(BIN)/python scripts/reference.py

.PHONY: picture
picture: $(VENV)/.develop  ## take the pictures of the documentation from the running product
	@scripts/need.sh chromium && cd ui-tests && $(BIN)/jlpm install --immutable >/dev/null
	@mkdir -p docs/images && node scripts/picture.mjs docs/images/run-under-cell.png
	@node scripts/picture_clusters.mjs docs/images/clusters.png

.PHONY: bench
bench: $(VENV)/.develop  ## measure what the budget promises
	@$(BIN)/python -m benchmarks $(BENCH)

.PHONY: build
build: $(VENV)/.develop  ## wheel and sdist of what is committed or staged, in dist/
	@$(BIN)/python scripts/package.py dist

.PHONY: clean
clean:  ## remove everything that is made here
	rm -rf .venv .venvs .demo dist node_modules ui-tests/node_modules lib hrlab/labextension tsconfig.tsbuildinfo
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# --- how things are made --------------------------------------------------------------------------------------------

$(VENV)/.python:
	@scripts/need.sh python "$(PYTHON)"
	@"$(PYTHON)" -m venv $(VENV)
	@$(BIN)/pip install -qq --upgrade pip
	@touch $@

# The Python side, editable. The front end is built by the next rule, and linked rather than copied.
$(VENV)/.package: $(VENV)/.python $(PACKAGING)
	@echo "Installing hrlab and what it needs ..."
	@mkdir -p hrlab/labextension && rm -f $(VENV)/share/jupyter/labextensions/hrlab 2>/dev/null || true
	@SKIP_JUPYTER_BUILDER=1 $(BIN)/pip install -qq --editable ".[example]"
	@touch $@

$(VENV)/.ready: $(VENV)/.package $(VENV)/.node_modules $(FRONT_END)
	@echo "Building the front end ..."
	@$(BIN)/jlpm build >$(VENV)/build.log 2>&1 || { cat $(VENV)/build.log; exit 1; }
	@rm -rf $(VENV)/share/jupyter/labextensions/hrlab
	@ln -s $(CURDIR)/hrlab/labextension $(VENV)/share/jupyter/labextensions/hrlab
	@touch $@

$(VENV)/.node_modules: package.json yarn.lock | $(VENV)/.package
	@scripts/need.sh node
	@echo "Installing what the front end is built with ..."
	@$(BIN)/jlpm install --immutable >$(VENV)/install.log 2>&1 || { cat $(VENV)/install.log; exit 1; }
	@touch $@

$(VENV)/.develop: $(VENV)/.ready
	@echo "Installing what tests and linters need ..."
	@$(BIN)/python scripts/extras.py dev | $(BIN)/pip install -qq --requirement /dev/stdin
	@touch $@
