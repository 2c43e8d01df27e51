# Every target sets up what it needs in .venv on a machine that has only python3, make and git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := src tests scripts/sheet.py $(wildcard scripts/*-pictures)
export UV_LINK_MODE ?= copy

.PHONY: demo test soak check types lint bench docs clean

demo: $(VENV)/.ready
	@scripts/display $(BIN)/ovseg demo

# Two files at a time, each on a core of its own; the long ones, too.
test: check
	@OMP_NUM_THREADS=1 scripts/display $(BIN)/pytest tests -m "not long" -n 2 --dist loadfile

soak: $(VENV)/.ready
	@OVSEG_KILLS=25 OVSEG_HISTORIES=500 OVSEG_NAMES=120 OVSEG_BAD_FILES=10000 OVSEG_SCENES=200 OMP_NUM_THREADS=1 \
	scripts/display $(BIN)/pytest tests -m "soak or long" -n 2 --dist loadfile

# Each on a core of its own.
check: $(VENV)/.ready
	@$(MAKE) --no-print-directory -j2 types lint

types:
	$(BIN)/mypy

lint:
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/lint-imports
	$(BIN)/npe2 validate src/napari_ovseg/napari.yaml

bench: $(VENV)/.ready
	$(BIN)/python -m tests.benchmarks

docs: $(VENV)/.ready
	$(BIN)/uv pip install --quiet --python $(BIN)/python --group docs
	$(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV) demo site

$(VENV)/.ready: pyproject.toml scripts/setup
	@scripts/setup $(PYTHON) $(VENV)
	@touch $@
