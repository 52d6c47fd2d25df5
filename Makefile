# Heliograph. `make run` and `make test` install what is missing; nothing else is needed first but
# python3 (3.13, or uv to get it), node >= 20 and make.
.DEFAULT_GOAL := help
# What is installed for `make run` and for everything is installed into the same folders.
.NOTPARALLEL:
.PHONY: help install run-python run-node browser build wheel run test test-python test-long test-firefox test-node quick check contracts fuzz format lock docs pictures bench rivals clean

# Tests start hundreds of processes: a shell that forbids it would have each compile all of it anew.
export PYTHONDONTWRITEBYTECODE :=

PYTHON := .venv/bin/python
VENV := .venv/.installed
NODE := node_modules/.installed
PAGE := web/dist/index.html
CLIENT := client/dist/index.js
PAGE_SOURCES := $(shell find client/src web \( -path web/dist -o -name node_modules \) -prune -o -type f -print 2>/dev/null)

help:
	@echo "make run    start everything on http://localhost:7071, and again what changes; STAMPS=2: two stamps"
	@echo "make wheel  build the Python packages, heliograph and heliograph-dev, into dist/python/"
	@echo "make test   run the tests, but those that are marked as long"
	@echo "make test-long  run those, and all of the thousands of simulated runs"
	@echo "make test-firefox  run those of the page in Firefox, and between Firefox and Chromium"
	@echo "make quick  lint, types and pure tests, in about two minutes"
	@echo "make check  format, lint, types, every test, coverage"
	@echo "make contracts  write docs/openapi.json and docs/asyncapi.json anew"
	@echo "make fuzz   try inputs and sequences that nobody has tried; MINUTES=5"
	@echo "make bench  print the figures of docs/benchmarks.md"
	@echo "make docs   build the documents as a site, into site/"
	@echo "make pictures  take the pictures of the documents anew"

install: $(VENV) $(NODE)

$(VENV): requirements-dev.txt .python-version
	@scripts/python-env

$(NODE): package-lock.json
	@scripts/node-env

# `make run` installs a part of what `make install` does: only what it needs.
run-python:
	@scripts/python-env run

run-node:
	@scripts/node-env run

$(PAGE): $(PAGE_SOURCES) client/package.json web/package.json package-lock.json | run-node
	@scripts/timed "The page, into web/dist" npm run --silent build -w web
	@touch $(PAGE)

$(CLIENT): $(NODE) $(PAGE_SOURCES) client/package.json client/build.mjs
	@scripts/timed "The client, into client/dist" npm run --silent build -w client
	@touch $(CLIENT)

build: $(CLIENT) $(PAGE)

# The client, and the local stack with the page in it (`heliograph dev`). Without isolation: what
# builds them is in the lock.
wheel: install build
	cd clients/python && $(CURDIR)/$(PYTHON) -m hatchling build -d $(CURDIR)/dist/python
	cd local/package && $(CURDIR)/$(PYTHON) -m hatchling build -d $(CURDIR)/dist/python

# Several stamps do not reload.
run: run-python $(PAGE)
	@exec $(PYTHON) -m local $(if $(filter-out 1,$(STAMPS)),,--reload)

browser: install
	@scripts/browser
	@scripts/browser --shell

test: test-python test-node

test-python: install build browser rivals
	scripts/networks
	$(TEST_PYTHON) -m "not long" $(AT_ONCE) $(ALONE:%=--ignore=%)
	$(TEST_PYTHON) $(ALONE)

# Those that are marked as long, and all runs of those of which `make test` makes a few (client/test/long.ts).
test-long: install build browser rivals
	$(TEST_PYTHON) -m long $(AT_ONCE)
	LONG_RUNS=1 npm run --silent test -w client -- --project node $(RUNS)

# What tests/e2e tries in Chromium, in Firefox; then between the two. A test that cannot run there says why.
test-firefox: install build browser
	@scripts/xvfb || true
	E2E_BROWSER=firefox $(TEST_PYTHON) -m "not long" $(AT_ONCE) $(NOT_OF_A_BROWSER:%=--ignore=%) tests/e2e
	$(TEST_PYTHON) tests/e2e/test_firefox.py

test-node: install browser
	CHROMIUM="$$(scripts/browser)" npm run --silent test

# In the headless shell, but for what it has not. In this order: CHROMIUM decides what the other is.
CHROMIA = CHROMIUM_WHOLE="$$(scripts/browser)" CHROMIUM="$$(scripts/browser --shell)"
TEST_PYTHON = $(CHROMIA) COTURN="$$(scripts/coturn)" FIREFOX="$$(scripts/firefox || true)" ODBC="$$(scripts/odbc || true)" $(PYTHON) -m pytest -q

# They judge how soon people are reached again. The first one fills the machine itself.
ALONE := tests/lab/chaos/test_short_run.py tests/lab/networks

# They ask no browser that E2E_BROWSER names: benchmarks in form, and clients in Node.
NOT_OF_A_BROWSER := $(addprefix tests/e2e/test_,lines.py page_speed.py rivals.py signalr_clients.py usage.py firefox.py refusals.py)

# Most tests wait for other processes, so two files at a time take hardly longer than one; with four the
# processors are full, and it takes as long. The tests of a file share servers and stay together, in the
# order of tests/spread.py.
AT_ONCE := -n 2 --dist loadfile --no-loadscope-reorder

# Tests that need no server, no browser and no second process, and take at most a few seconds a file.
QUICK_TESTS := tests/signaling tests/house tests/turn tests/stats tests/costs tests/cloud tests/docs
# Files in those folders that start servers or commands, or simulate for long.
QUICK_WITHOUT := \
	tests/cloud/test_documents.py \
	tests/cloud/test_http_pool.py \
	tests/cloud/test_key_vault.py \
	tests/cloud/test_log_paths.py \
	tests/cloud/test_queues.py \
	tests/cloud/test_rooms.py \
	tests/cloud/test_signalr_identity.py \
	tests/cloud/test_signalr_keys.py \
	tests/cloud/test_signalr_rest.py \
	tests/cloud/test_table.py \
	tests/cloud/test_vault_secrets.py \
	tests/costs/test_forecast_command.py \
	tests/docs/test_code_blocks.py \
	tests/docs/test_site.py \
	tests/stats/test_main.py \
	tests/stats/test_replay.py \
	tests/stats/test_store.py \
	tests/turn/test_audit_coturn.py \
	tests/turn/test_audit_main.py \
	tests/turn/test_audit_responder.py \
	tests/turn/test_broker.py \
	tests/turn/test_minted.py \
	tests/turn/test_providers.py \
	tests/turn/test_theft.py \
	tests/turn/test_theft_idle.py

# Thousands of runs of simulated stamps and peers.
RUNS := test/peer/two-machines.test.ts test/stamps/presence-runs.test.ts test/stamps/mail-runs.test.ts
# They, and what packs, installs and judges the package.
QUICK_WITHOUT_RUNS := test/package/package.test.ts $(RUNS)

# mypy has one core to itself: what TypeScript says is asked meanwhile.
quick: install
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy & mypy=$$!; npm run --silent check; other=$$?; wait $$mypy && exit $$other
	$(PYTHON) -m pytest -q -n 2 --dist loadfile $(QUICK_TESTS) $(addprefix --ignore=,$(QUICK_WITHOUT))
	LEAVE_OUT="$(QUICK_WITHOUT_RUNS)" npm run --silent test -w client -- --project node

check: install build browser rivals
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(PYTHON) scripts/requirements.py --check
	npm run --silent check
	$(TEST_PYTHON) $(AT_ONCE) --cov --cov-report=term:skip-covered
	LONG_RUNS=1 CHROMIUM="$$(scripts/browser)" npm run --silent test -- --coverage

# The machine-readable contracts, of the code's own types. `python -m tests.contracts` tries them.
contracts: install
	$(PYTHON) -m contracts

# Seeds that nobody has tried yet. One that fails is kept in tests/fuzz/seeds.json.
MINUTES ?= 5
fuzz: install
	$(PYTHON) -m tests.fuzz --minutes $(MINUTES)

# A link that leads nowhere, or a page that the navigation lacks, is an error. (With --quiet, --strict
# would not see them.)
docs: $(VENV)
	$(PYTHON) -m mkdocs build --strict
	@echo "site/index.html; with its search: $(PYTHON) -m mkdocs serve"

# The pictures of the documents, of the page as it is now.
pictures: install build browser
	CHROMIUM="$$(scripts/browser)" $(PYTHON) -m lab.pictures

format: install
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .
	npx biome check --write .

# Newer versions of everything: needs uv.
lock:
	uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-header --upgrade -q -o requirements-dev.txt
	python3 scripts/requirements.py

# The other systems that benchmarks.rivals measures, its pages, and the same program for each of four.
RIVALS := benchmarks/rivals
RIVALS_SERVERS := $(RIVALS)/node_modules/.installed
rivals: install $(RIVALS_SERVERS)
	npx vite build --logLevel warn $(RIVALS)
	npx vite build --logLevel warn $(RIVALS)/lines

$(RIVALS_SERVERS): $(RIVALS)/package-lock.json
	npm ci --no-audit --no-fund --loglevel=error --prefix $(RIVALS)
	@touch $@

bench: install build rivals
	$(PYTHON) -m benchmarks.rivals
	$(PYTHON) -m benchmarks.page
	$(PYTHON) -m benchmarks.cold_start
	$(PYTHON) -m benchmarks.forward
	$(PYTHON) -m benchmarks.sockets
	$(PYTHON) -m benchmarks.paths
	$(PYTHON) -m benchmarks.identity
	$(PYTHON) -m benchmarks.concurrency
	$(PYTHON) -m benchmarks.stats

clean:
	rm -rf .venv node_modules dist client/dist web/dist site .heliograph
