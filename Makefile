# Each command sets up what it needs by itself. Needs Debian 12 or the like with Python 3.11, pip and make.
PYTHON ?= python3.11
DATASET ?= rand-hie
DESIGN ?= designs/baseline.yaml
OUT ?= out/report
UV_VERSION := 0.13.9
BIN := .venv/bin
PEERS := .venv/peers
PEER_PACKAGES := aggregate==0.30.1 gemact==1.3.0

.DEFAULT_GOAL := help
.PHONY: help report test board lab bench setup chromium engines peers postgres lock

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1	/' | expand -t 20

report: setup ## the monthly report on the real data set; prints where it is
	$(BIN)/capitation report --dataset $(DATASET) --design $(DESIGN) --out $(OUT) --replace

test: setup chromium engines postgres ## every test, the browser's included
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/basedpyright
	$(BIN)/python -m pytest

board: setup ## the board's page, at the address it prints
	$(BIN)/capitation board --dataset $(DATASET) --design $(DESIGN)

lab: setup ## JupyterLab on the notebooks
	$(BIN)/capitation lab

bench: setup chromium engines peers ## the numbers to reach, measured; kept in bench/results.md
	CAPITATION_PEERS=$(PEERS)/bin/python $(BIN)/python -m bench

peers: setup ## two public packages that solve the same problem, in an environment of their own
	test -e $(PEERS)/ready || { $(BIN)/uv venv --quiet $(PEERS) && \
	$(BIN)/uv pip install --quiet --python $(PEERS)/bin/python $(PEER_PACKAGES) && touch $(PEERS)/ready; }

setup: .venv/ready

.venv/ready: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not on this machine: apt-get install python3.11, or make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || { echo "pip is not on this machine: apt-get install python3-pip" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv --without-pip .venv
	test -x $(BIN)/uv || $(PYTHON) -m pip --python $(BIN)/python install --quiet "uv==$(UV_VERSION)"
	$(BIN)/uv pip sync --quiet --python $(BIN)/python requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps "uv==$(UV_VERSION)" -e .
	$(BIN)/python -m capitation.charts.runtime
	@touch .venv/ready

chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || \
	{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "installing Chromium" && \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-liberation >/dev/null; } || \
	{ echo "The board's tests need Chromium: apt-get install chromium (as root)" >&2; exit 1; }

# Spark and PostgreSQL for the tests; a report or a board needs neither. Compiled once: the tests start many processes,
# and where Python keeps no bytecode each would compile again what it imports. (Some packages hold files that don't compile.)
engines: .venv/engines

.venv/engines: .venv/ready requirements-engines.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements-engines.lock
	$(BIN)/python -m compileall -q -j 0 .venv/lib >/dev/null || true
	@touch .venv/engines

# without a server or without Java the tests that need them are skipped and say so
postgres:
	@test -n "$$(ls -d /usr/lib/postgresql/*/bin/postgres 2>/dev/null)" || \
	{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "installing PostgreSQL" && apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >/dev/null; } || \
	echo "PostgreSQL's tests are skipped: apt-get install postgresql (as root)" >&2

lock: setup
	$(BIN)/uv lock --quiet
	$(BIN)/uv export --quiet --format requirements-txt --no-emit-project --all-groups --no-group engines --no-header -o requirements.lock
	$(BIN)/uv export --quiet --format requirements-txt --no-emit-project --only-group engines --no-header -o requirements-engines.lock
	rm uv.lock
