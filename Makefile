# AzuraForge. `make` alone lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
UV_VERSION := 0.13.8
BIN := .venv/bin
# A name, because a comma would end the argument of a call.
DEV_EXTRAS := dev,docs
# Standard error too, so that a pipe shows sizes and counts; without the list of every package.
INSTALL = $(BIN)/uv pip install --python $(BIN)/python -c constraints.txt $(1) 2>&1 | sed '/^ [-+] /d'
# Bytecode is written here, because an environment may forbid imports to write it (PYTHONDONTWRITEBYTECODE, read-only
# images); each process would then compile 1,100 modules again, which takes three times as long as importing them.
COMPILE = $(BIN)/python -m compileall -q -j 0 -x '/tests?/' $(1) >/dev/null || true
SITE_PACKAGES = $$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
# Vite and its plugins refuse an older Node.
HAS_NODE := node -e 'const [a,b]=process.versions.node.split(".").map(Number); process.exit(a>20||(a==20&&b>=19)?0:1)' 2>/dev/null
# Two threads of BLAS on a busy two-core machine ran fifteen times slower than one.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1
export MKL_NUM_THREADS ?= 1
# The certificates that this machine trusts, as pip and curl use them: networks with a proxy of their own need it.
export UV_SYSTEM_CERTS ?= true

# Most tests wait for processes of their own: with two files at a time, two cores were busy for 56 % of the time.
PYTEST_WORKERS ?= 3

# The guides, and the code whose reference the site has. Errors are collected from all code, but not each of its changes builds the site.
DOCS_SOURCES := $(shell find docs -name __pycache__ -prune -o -type f -print 2>/dev/null) README.md README.tr.md CHANGELOG.md CONTRIBUTING.md SECURITY.md \
  $(wildcard dashboard/openapi.json dashboard/src/theme/tokens.css) src/azuraforge/settings.py src/azuraforge/errors.py \
  $(shell find src/azuraforge/cli src/azuraforge/client src/azuraforge/plugins/contract -name '*.py' 2>/dev/null)
DASHBOARD_SOURCES := $(shell find dashboard -path dashboard/node_modules -prune -o -path dashboard/dist -prune -o -type f -print 2>/dev/null)

##@ Use it

.PHONY: run
run: .venv/.run pages site ## Set up, start the platform, forecast a real series, stay up
	@$(call COMPILE,src/azuraforge)
	@$(BIN)/azuraforge up --demo

.PHONY: demo
demo: .venv/.run pages ## Set up, run the demo once and exit; non-zero if any step failed
	@$(BIN)/azuraforge demo --once

.PHONY: demo-loop
demo-loop: .venv/.run pages ## Set up, let rows arrive and watch a model keep learning; exits after two minutes
	@$(BIN)/azuraforge demo --loop

.PHONY: pages
pages:
	@if $(HAS_NODE); then $(MAKE) dashboard/dist/.built; else \
	  echo "Node 20.19 or newer is not installed (found: $$(node --version 2>/dev/null || echo none)), so the dashboard is not built."; \
	  echo "The platform, its commands and its API work without it. To get the dashboard, either"; \
	  echo "  - install Node from your package manager or nodejs.org and run this command again, or"; \
	  echo "  - run 'make wheel' on a machine that has Node, copy dist/azuraforge-*.whl here, and install it with pip."; \
	fi

# A broken link must not keep a user from the platform; tests/documentation/test_site.py refuses every warning.
.PHONY: site
site: .venv/.run
	@$(MAKE) build/guide/.built || echo "The documentation site could not be built; the platform works without it."

.PHONY: dashboard
dashboard: dashboard/dist/.built ## Build the dashboard (skipped when unchanged)

.PHONY: docs
docs: build/guide/.built ## Build the documentation site (skipped when unchanged); the platform serves it at /docs/guide
	@cat build/guide.log

##@ Change it

.PHONY: test
test: .venv/.dev dashboard/dist/.built build/guide/.built ## Set up everything and run every check and test of a commit
	@$(call COMPILE,src/azuraforge)
	@$(MAKE) -j 2 lint check-dashboard
	@PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n $(PYTEST_WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

.PHONY: lint
lint: .venv/.dev ## Ruff, mypy strict, import layers
	@$(BIN)/ruff check . && $(BIN)/ruff format --check -q . && $(BIN)/mypy && $(BIN)/lint-imports

.PHONY: check-dashboard
check-dashboard: dashboard/dist/.built ## Types, ESLint and the tests of the dashboard
	@cd dashboard && npm run --silent typecheck && npm run --silent lint && npm run --silent test

.PHONY: proof
proof: .venv/.dev dashboard/dist/.built ## What takes longer than a commit's suite: marked "proof" and "realdata"
	@$(BIN)/pytest -m "proof or realdata" --timeout 3600 $(PYTEST_ARGS)

.PHONY: audit
audit: .venv/.dev ## Look up known vulnerabilities of the pinned dependencies at PyPI and npm; fails if they cannot be reached
	@$(BIN)/python -m venv .venv/audit && .venv/audit/bin/pip install -q pip-audit==2.10.1
	@.venv/audit/bin/pip-audit --strict -r constraints.txt --no-deps --disable-pip
	@cd dashboard && npm audit --omit=dev

.PHONY: openapi
openapi: .venv/.dev ## Write the API's document and the dashboard's types from the routes
	@$(BIN)/python -m azuraforge.server.openapi dashboard/openapi.json
	@cd dashboard && npm run --silent generate

.PHONY: route-roles
route-roles: .venv/.dev ## Write the table of roles that routes require into docs/projects.md and its Turkish page
	@$(BIN)/python -m tools.route_roles

.PHONY: readme
readme: .venv/.dev ## Run the demo and write its output into docs/get-started.md and its Turkish page
	@$(BIN)/python -m benchmarks.readme

.PHONY: readme-screenshot
readme-screenshot: .venv/.dev dashboard/dist/.built ## Train a forecaster, open its page in Chromium, and write docs/images/run.png
	@$(BIN)/python -m benchmarks.readme_screenshot

.PHONY: migration
migration: .venv/.dev ## New migration from the tables: make migration message="what changes"
	@$(BIN)/python -m azuraforge.platform.migration "$(message)"

.PHONY: format
format: .venv/.dev ## Format and mend what can be mended
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

##@ Ship it

.PHONY: messages
messages: .venv/.dev ## Complete and compile the catalogue of messages
	@$(BIN)/python -m tools.messages update && $(BIN)/python -m tools.messages check

WHEEL_PAGES := src/azuraforge/server/dashboard src/azuraforge/server/guide

.PHONY: wheel
wheel: .venv/.dev dashboard/dist/.built build/guide/.built ## Build a wheel that carries the dashboard and the documentation, into dist/
	@rm -rf $(WHEEL_PAGES) && cp -r dashboard/dist src/azuraforge/server/dashboard && cp -r build/guide src/azuraforge/server/guide
	@$(BIN)/python -m build --wheel --no-isolation --outdir dist . >/dev/null; status=$$?; \
	  rm -rf $(WHEEL_PAGES); ls dist/*.whl; exit $$status

##@ Measure it

.PHONY: bench
bench: ## List the benchmarks
	@for file in benchmarks/*.py; do [ -f "$$file" ] && printf '  make bench-%-12s %s\n' \
	  "$$(basename $$file .py)" "$$(sed -n '1s/^"""//;1s/"""$$//;1p' $$file)"; done; true

bench-%: .venv/.dev dashboard/dist/.built ## Run one benchmark: make bench-start, make bench-forecast …
	@$(BIN)/python -m benchmarks.$* $(BENCH_ARGS)

.PHONY: bench-sign-in
bench-sign-in: .venv/.dev dashboard/dist/.built
	@$(BIN)/python -m benchmarks.sign_in $(BENCH_ARGS)

.PHONY: bench-run-time
bench-run-time: .venv/.dev dashboard/dist/.built
	@$(BIN)/python -m benchmarks.run_time $(BENCH_ARGS)

# PyTorch is a peer in measurements only, so it has an environment of its own.
.bench/.torch: .venv/.dev
	@echo "setting up .bench with PyTorch …"
	@"$(PYTHON)" -m venv --without-pip .bench
	@links=$$($(BIN)/python -m pip config get global.find-links 2>/dev/null); \
	  $(BIN)/uv pip install -q --python .bench/bin/python -c constraints.txt $${links:+--find-links $$links} \
	  torch==2.13.0 numpy safetensors llvmlite
	@touch $@

# jax stands beside for the reader.
.bench/.jax: .bench/.torch
	@links=$$($(BIN)/python -m pip config get global.find-links 2>/dev/null); \
	  $(BIN)/uv pip install -q --python .bench/bin/python -c constraints.txt $${links:+--find-links $$links} \
	  jax==0.10.2 jaxlib==0.10.2
	@touch $@

.PHONY: bench-engine
bench-engine: .bench/.jax
	@PYTHONPATH=src .bench/bin/python -m benchmarks.engine $(BENCH_ARGS)

.bench-mlforecast/.mlforecast: .venv/.dev
	@echo "setting up .bench-mlforecast with mlforecast …"
	@"$(PYTHON)" -m venv --without-pip .bench-mlforecast
	@$(BIN)/uv pip install -q --python .bench-mlforecast/bin/python mlforecast==1.1.0 lightgbm==4.7.0 vega_datasets==0.9.0
	@touch $@

.PHONY: bench-boosting
bench-boosting: .bench-mlforecast/.mlforecast
	@$(BIN)/python -m benchmarks.boosting $(BENCH_ARGS)

.PHONY: bench-vision
bench-vision: .bench/.torch dashboard/dist/.built
	@$(BIN)/python -m benchmarks.vision $(BENCH_ARGS)

# So are MLflow and optuna-dashboard: their pins do not fit ours.
.bench-mlflow/.mlflow: .venv/.dev
	@echo "setting up .bench-mlflow with MLflow and optuna-dashboard …"
	@"$(PYTHON)" -m venv --without-pip .bench-mlflow
	@$(BIN)/uv pip install -q --python .bench-mlflow/bin/python mlflow==3.17.0 optuna==5.0.0 optuna-dashboard==0.21.0
	@touch $@

.PHONY: bench-logging
bench-logging: .bench-mlflow/.mlflow dashboard/dist/.built
	@$(BIN)/python -m benchmarks.logging $(BENCH_ARGS)

.PHONY: bench-dashboard
bench-dashboard: .bench-mlflow/.mlflow dashboard/dist/.built
	@$(BIN)/python -m benchmarks.dashboard $(BENCH_ARGS)

##@ Set-up (runs by itself)

.PHONY: setup
setup: .venv/.dev dashboard/dist/.built build/guide/.built ## Everything that the other targets need

.venv/bin/uv:
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null || \
	  { echo "AzuraForge needs Python 3.11, 3.12 or 3.13; found: $$("$(PYTHON)" --version 2>&1). Install it, or name one: make PYTHON=/path/to/python3.11 …" >&2; exit 1; }
	@echo "setting up .venv with $$("$(PYTHON)" --version) …"
	@"$(PYTHON)" -m venv .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)

.venv/.run: .venv/bin/uv pyproject.toml constraints.txt
	@echo "installing the platform (about 80 packages) …"
	@$(call INSTALL,-q hatchling editables)
	@$(call INSTALL,--no-build-isolation -e '.[docs]')
	@echo "compiling the installed packages to bytecode …"
	@$(call COMPILE,$(SITE_PACKAGES) src/azuraforge)
	@touch $@

.venv/.dev: .venv/.run
	@echo "installing what the tests need …"
	@$(call INSTALL,--no-build-isolation -e '.[$(DEV_EXTRAS)]')
	@$(call COMPILE,$(SITE_PACKAGES))
	@touch $@

dashboard/node_modules/.installed: dashboard/package.json dashboard/package-lock.json
	@$(HAS_NODE) || \
	  { echo "the dashboard needs Node 20.19 or newer; found: $$(node --version 2>/dev/null || echo none). Install it from your package manager or nodejs.org." >&2; exit 1; }
	@echo "downloading the dashboard's packages (about 370; a few minutes on a slow connection) …"
	@cd dashboard && npm ci --no-audit --no-fund --no-update-notifier --loglevel=http 2>&1 | { count=0; while IFS= read -r line; do \
	  case "$$line" in \
	    "npm http"*.tgz*) count=$$((count + 1)); if [ $$((count % 50)) = 0 ]; then echo "  $$count downloaded …"; fi ;; \
	    "npm http"*) ;; \
	    *) echo "$$line" ;; \
	  esac; done; }
	@touch $@

dashboard/dist/.built: dashboard/node_modules/.installed $(DASHBOARD_SOURCES)
	@echo "building the dashboard …"
	@cd dashboard && npm run --silent build
	@touch $@

# It replaces the last site at once, so that a platform that runs never serves half of one.
build/guide/.built: .venv/.run $(DOCS_SOURCES)
	@echo "building the documentation site …"
	@rm -rf build/guide.new && mkdir -p build
	@$(BIN)/python -m sphinx -q -E -j auto -b guide -c docs/site -d build/doctrees . build/guide.new 2>build/guide.log \
	  || { cat build/guide.log >&2; exit 1; }
	@rm -rf build/guide && mv build/guide.new build/guide
	@touch $@

.PHONY: clean
clean: ## Remove what was built and installed here (not the data home)
	@rm -rf .venv .bench .bench-mlflow .bench-mlforecast dashboard/node_modules dashboard/dist dist build $(WHEEL_PAGES)

.PHONY: help
help:
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z%-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile
