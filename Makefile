# Heliograph. `make run` and `make test` install what is missing; nothing else is needed first but
# python3 (3.13, or uv to get it), node >= 20 and make.
.DEFAULT_GOAL := help
.PHONY: help install browser build run test test-python test-node check format lock bench clean

PYTHON := .venv/bin/python
VENV := .venv/.installed
NODE := node_modules/.installed
PAGE := web/dist/index.html
PAGE_SOURCES := $(shell find client/src web -path web/dist -prune -o -type f -print 2>/dev/null)

help:
	@echo "make run    start everything on http://localhost:7071"
	@echo "make test   run every test"
	@echo "make check  format, lint, types, tests, coverage"
	@echo "make bench  print the figures of docs/benchmarks.md"

install: $(VENV) $(NODE)

$(VENV): requirements-dev.txt .python-version
	@scripts/python-env

$(NODE): package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	@touch $(NODE)

$(PAGE): $(NODE) $(PAGE_SOURCES) client/package.json web/package.json
	npm run --silent build
	@touch $(PAGE)

build: $(PAGE)

run: install build
	@exec $(PYTHON) -m local

browser: install
	@scripts/browser

test: test-python test-node

test-python: install build browser
	CHROMIUM="$$(scripts/browser)" COTURN="$$(scripts/coturn)" ODBC="$$(scripts/odbc || true)" $(PYTHON) -m pytest -q

test-node: install browser
	CHROMIUM="$$(scripts/browser)" npm run --silent test

check: install build browser
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(PYTHON) scripts/requirements.py --check
	npm run --silent check
	CHROMIUM="$$(scripts/browser)" COTURN="$$(scripts/coturn)" ODBC="$$(scripts/odbc || true)" $(PYTHON) -m pytest -q --cov --cov-report=term:skip-covered
	CHROMIUM="$$(scripts/browser)" npm run --silent test -- --coverage

format: install
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .
	npx biome check --write .

# Newer versions of everything: needs uv.
lock:
	uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-header --upgrade -q -o requirements-dev.txt
	python3 scripts/requirements.py

bench: install build
	$(PYTHON) -m benchmarks.cold_start
	$(PYTHON) -m benchmarks.forward
	$(PYTHON) -m benchmarks.paths
	$(PYTHON) -m benchmarks.stats

clean:
	rm -rf .venv node_modules client/dist web/dist .heliograph
