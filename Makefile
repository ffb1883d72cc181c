# Two commands do all the set-up: `make demo` takes a spoken call, `make test` passes the tests.
# They need Python 3.11 to 3.13, pip, make, and the package registries; nothing else.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check
CALLS  := $(wildcard tests/calls/test_[a-h]*.py)
OTHERS := tests/calls $(patsubst %,--ignore=%,$(CALLS))
SWITCH := tests/contract tests/freeswitch
QUEUES := tests/queueing tests/api tests/nlu tests/campaigns/actions tests/campaigns/pacing tests/campaigns/simulation
PEOPLE := tests/data tests/campaigns
DIALOG := tests/dialogs tests/esl tests/embedded tests/back_ends tests/identity tests/messenger tests/agents tests/reports \
          tests/self_service
SERVER := tests/ivr
# A switch of many container images. With it each of the suite's many processes compiles all that it imports.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo test test-calls test-other-calls test-switch test-dialogs test-people test-rooms check test-freeswitch test-rasa test-long lock lock-rasa clean docs format

help:  ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

demo: $(VENV)/.product  ## all set-up, then spoken calls end to end on the embedded switch
	$(BIN)/ivr demo

# All side by side: calls take their time whatever the machine does, the others take the machine. Calls come
# first where all want it. Each part prints its report when it is through. The parts that take the machine have
# about as much to do each, and so have the two of calls: else one of them goes on alone.
test: $(VENV)/.workshop  ## all set-up, then the checks and the whole test suite
	@echo "The checks, whole calls, and beside them all other tests; some minutes."
	@$(BIN)/python -m compileall -q ivr dialogs speech esl data tests/*.py
	$(MAKE) --no-print-directory -j7 --output-sync=target test-calls test-other-calls test-rooms test-people test-dialogs test-switch check

test-calls: $(VENV)/.workshop
	$(BIN)/python -m pytest $(CALLS)
	nice -n 10 $(BIN)/python -m pytest $(SERVER)

test-other-calls: $(VENV)/.workshop
	$(BIN)/python -m pytest $(OTHERS)

test-switch: $(VENV)/.workshop
	$(BIN)/python -m pytest $(SWITCH)
	nice -n 10 $(BIN)/python -m pytest $(QUEUES)

test-dialogs: $(VENV)/.workshop
	nice -n 10 $(BIN)/python -m pytest $(DIALOG)

test-people: $(VENV)/.workshop
	nice -n 10 $(BIN)/python -m pytest $(PEOPLE) $(patsubst %,--ignore=%,$(QUEUES))

test-rooms: $(VENV)/.workshop
	nice -n 10 $(BIN)/python -m pytest tests $(patsubst %,--ignore=%,tests/calls $(SWITCH) $(QUEUES) $(PEOPLE) $(DIALOG) $(SERVER))

check: $(VENV)/.workshop  ## format, lint, types, import contracts, flows
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	nice -n 10 $(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/ivr check

test-freeswitch: $(VENV)/.workshop  ## the contract suite on a FreeSWITCH from PATH or FREESWITCH_HOME
	$(BIN)/python -m pytest -m "freeswitch and not long"

# Rasa's environment and model are made once for each lock and set of training files (~/.cache/ivr/rasa).
test-rasa: $(VENV)/.workshop  ## installs, trains and serves Rasa (minutes, 2.6 GB), and runs the contract suite on it
	@echo "Rasa's environment and its model are made the first time: ten minutes on a quiet machine, 2.6 GB."
	TEST_RASA=1 $(BIN)/python -m pytest tests/nlu/test_contract.py -m rasa --timeout 7200 -s

test-long: $(VENV)/.workshop  ## fuzzing, crash injection, large runs
	$(BIN)/python -m pytest -m long --timeout 3600

docs: $(VENV)/.workshop  ## renews docs/flows.md, the designers' manual, from the program
	$(BIN)/python -m dialogs.manual > docs/flows.md

format: $(VENV)/.workshop
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(VENV)/.workshop  ## renew the lock files from pyproject.toml
	$(BIN)/uv pip compile -q -U --universal --generate-hashes --python-version 3.11 \
	  --custom-compile-command "make lock" pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q -U --universal --generate-hashes --python-version 3.11 \
	  --custom-compile-command "make lock" pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock

lock-rasa: $(VENV)/.workshop  ## renew the lock of Rasa's own environment
	$(BIN)/uv pip compile -q -U --generate-hashes --python-version 3.10 \
	  --custom-compile-command "make lock-rasa" ivr/understanding/rasa.in -o ivr/understanding/rasa.lock

clean:  ## removes the environment; databases, recordings and models stay
	rm -rf $(VENV) build *.egg-info

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "Python 3.11, 3.12 or 3.13 is needed; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv $(VENV)

# `ivr` lands in the environment as a link to this checkout: an application, no wheel of its own.
$(VENV)/.product: requirements.lock pyproject.toml | $(BIN)/python
	$(PIP) install -q --require-hashes -r requirements.lock
	$(PIP) install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.workshop: requirements-dev.lock pyproject.toml | $(BIN)/python
	$(PIP) install -q --require-hashes -r requirements-dev.lock
	$(PIP) install -q --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.product
