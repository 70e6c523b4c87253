# make demo: a search from spec to proven Verilog and C. make test: everything that must hold.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PYTEST_FLAGS ?=

.PHONY: demo test check tools clean

demo: $(VENV)/installed
	$(BIN)/silkscreen run examples/wdbc.yaml

test: tools check
	$(BIN)/pytest $(PYTEST_FLAGS)

check: $(VENV)/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# compilers, simulators and emulators that the proofs run with
tools:
	sh tests/install_tools.sh

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/installed-test: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $@

clean:
	rm -rf $(VENV) build dist
