# Two commands are all a newcomer needs: `make run` and `make test`. Both set up .venv first, from the versions in requirements.lock.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UV_VERSION := 0.13.8

# The first of these that starts and is new enough. `make run PYTHON=/path/to/python` overrides it.
PYTHON := $(shell for name in python3.11 python3 python3.12 python3.13; do \
  if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo "$$name"; break; fi; done)

# Types are checked on a copy of what gets installed: type checkers do not see the folder mapping of an editable install.
TYPES := .cache/types

.PHONY: run test setup lint types tests lock bench soak clean

run: setup
	$(BIN)/streamproof run

test: setup lint types tests

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@if [ -z "$(PYTHON)" ]; then echo "Streamproof needs Python 3.11 or later, found as python3.11 or python3; name another with: make PYTHON=/path/to/python" >&2; exit 1; fi
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

# build/ would smuggle deleted files into what is installed.
types: setup
	@rm -rf $(TYPES) build
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --target $(TYPES) .
	@rm -rf build
	cd $(TYPES) && $(CURDIR)/$(BIN)/mypy --strict --config-file $(CURDIR)/pyproject.toml --cache-dir $(CURDIR)/.mypy_cache --package streamproof

tests: setup
	$(BIN)/python -m pytest -q

# Raises every version to the newest that pyproject.toml allows. The result names no registry, so that any mirror will do.
lock: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --all-extras --generate-hashes --no-annotate --no-header \
	  --no-emit-index-url --no-emit-find-links --output-file requirements.lock pyproject.toml

# Figures of this machine, printed; nothing passes or fails by them.
bench: setup
	$(BIN)/python benchmarks/bench.py

# By hand, not in CI: the reference over 20,000 examples of each contract.
soak: setup
	$(BIN)/streamproof run --target reference --world sim --examples 20000

clean:
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
