# make app     install what is needed and open the dashboard (PORT=8501; ARGS=--light for bright rooms)
# make test    every test, two at a time
# make lint    style, format and types
# make bench   how fast readings and heatmaps are; writes bench.json
# make clean   remove the environment and all caches; trained weights, runs/ and data stay
#
# Needs Python 3.11 or newer. Everything goes into .venv, so the system's own packages are never touched.

PYTHON ?= python3
PORT   ?= 8501
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --no-input

.DEFAULT_GOAL := app
.DELETE_ON_ERROR:
.PHONY: app test lint bench clean

app: $(VENV)/.installed
	$(BIN)/python -m core.ui --server.port $(PORT) $(ARGS)

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(PYTEST_ARGS)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.installed-dev
	$(BIN)/python -m tests.benchmarks

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis bench.json .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps below are files of their own: a second `make app` installs nothing, a changed list of requirements does.

$(VENV)/.installed: requirements.txt $(VENV)/.made
	$(PIP) install -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(PIP) install -r requirements-dev.txt
	@touch $@

# Debian ships Python without ensurepip, in which case venv cannot put pip into the new environment.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "PneumoLens needs Python 3.11 or newer; $(PYTHON) is missing or older. Try: make PYTHON=python3.11" >&2; exit 1; }
	@if ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then \
	  command -v apt-get >/dev/null && if [ "$$(id -u)" = 0 ]; then root=; else root="sudo -n"; $$root true 2>/dev/null; fi \
	  && $$root apt-get update && $$root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3-venv || { \
	    echo "Python's venv module is missing. Install it once, then run make again:  sudo apt-get install -y python3-venv" >&2; \
	    exit 1; }; \
	fi
	$(PYTHON) -m venv $(VENV)
	@touch $@
