# make run: set up and run the main job on built-in data.   make test: set up and run the tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup run test faults lint schema peers bench clean

setup: $(STAMP)

$(STAMP): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0 -c constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(STAMP)

# A sweep of this name may be there from the last time: then go on with it.
run: setup
	@if [ -e sweeps/hv ]; then $(BIN)/sweeper resume hv; else $(BIN)/sweeper run search_spaces/hv.yaml; fi

test: setup
	$(BIN)/python -m pytest

# All ways to kill, stop and starve a sweep; `make test` takes one of each kind.
faults: setup
	$(BIN)/python -m pytest tests/faults -m ""

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

schema: setup
	$(BIN)/python -m sweeper.spec.schema

# What the benchmarks compare with; beside the environment, not in it.
peers: setup
	$(BIN)/python -m pip install --quiet --no-deps --target build/peers -r benchmarks/peers.txt

bench: setup
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/stopping.py
	$(BIN)/python benchmarks/log_cost.py
	$(BIN)/python benchmarks/outage.py
	$(BIN)/python benchmarks/kills.py 20
	$(BIN)/python benchmarks/metrics.py
	$(BIN)/python benchmarks/targets.py
	$(BIN)/python benchmarks/losses.py
	$(BIN)/python benchmarks/decoders.py
	$(BIN)/python benchmarks/decode_search.py
	$(BIN)/python benchmarks/decode_share.py
	$(BIN)/python benchmarks/tokens.py

clean:
	rm -rf $(VENV) build *.egg-info
