# `make demo` shows what the tool finds, `make test` runs every test; each sets up what it needs in $(VENV) first, and only once.

VENV ?= .venv
# Files stay whole: some set up much for all their tests.
PYTEST_ARGS ?= -n auto --maxprocesses 4 --dist loadfile
# The first interpreter that is new enough and can make an environment.  3.11 comes first because all that the tests need has
# long had wheels for it.
PYTHON ?= $(shell for python in python3.11 python3 python3.12 python3.13 python3.14 python3.10; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && echo $$python && break; done)

# An outer environment must not lead Python or pip elsewhere.
unexport PYTHONHOME PYTHONPATH VIRTUAL_ENV CONDA_PREFIX PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV
export PIP_DISABLE_PIP_VERSION_CHECK = 1

BIN := $(VENV)/bin
TOOL := $(VENV)/.installed-tool
DEV := $(VENV)/.installed-dev
DOCS := $(VENV)/.installed-docs

.PHONY: help demo test coverage lint typecheck format docs site playground bench dist vscode clean
.DEFAULT_GOAL := help

help:
	@echo "make demo       show what the tool finds in demo/"
	@echo "make test       run every test"
	@echo "make coverage   what the tests reach"
	@echo "make lint       ruff, flake8 and the tool on its own code"
	@echo "make typecheck  mypy"
	@echo "make format     lay out the code"
	@echo "make docs       write the generated parts of the documentation"
	@echo "make site       build the documentation as a site, build/site/index.html"
	@echo "make playground build the site with a page that runs the linter in the browser (needs node and npm)"
	@echo "make bench      score and time the tool on public code (downloads it)"
	@echo "make dist       build sdist and wheel into dist/"
	@echo "make vscode     build the extension for VS Code, editors/vscode/dropout-lint.vsix (needs node and npm)"
	@echo "make clean      remove what was built, and $(VENV)"

# Findings are what is wanted here, and so is their exit code, 1.
demo: $(TOOL)
	@echo '$$ dropout-lint check demo/classifier.py'
	@$(BIN)/dropout-lint check --isolated --no-cache demo/classifier.py || test $$? -eq 1
	@echo
	@echo '$$ dropout-lint check --unsafe-fixes --diff demo/classifier.py'
	@$(BIN)/dropout-lint check --isolated --no-cache --unsafe-fixes --diff demo/classifier.py || test $$? -eq 1

test: $(DEV)
	$(BIN)/python -m pytest $(PYTEST_ARGS)

# Lines and branches that the tests reach, also in the processes that they start.
coverage: $(DEV)
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -m 'not installs'
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --skip-covered --show-missing

lint: $(DEV)
	$(BIN)/ruff check --output-format=concise .
	$(BIN)/ruff format --check .
	$(BIN)/flake8 dropout_lint rules tests benchmarks
	$(BIN)/dropout-lint check .

typecheck: $(DEV)
	$(BIN)/mypy

format: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(DEV)
	$(BIN)/python -m dropout_lint.dev write-docs

# A link that leads nowhere ends it; with `--quiet`, MkDocs would not count its warnings.  The variable silences an announcement of the theme.
site: $(DOCS)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --config-file website/mkdocs.yml
	@echo "build/site/index.html"

# The same, with the playground.  Browsers open it from a server alone: python -m http.server --directory build/site
playground: $(DOCS)
	rm -rf build/playground
	cd website/playground && npm ci --ignore-scripts --no-audit --no-fund
	$(BIN)/python -m build --outdir build/playground/wheels . >/dev/null
	rm build/playground/wheels/*.tar.gz
	$(BIN)/python -m pip download --quiet --no-deps --only-binary :all: --dest build/playground/wheels 'pathspec>=0.12'
	$(BIN)/python -m website.playground.gather build/playground
	PLAYGROUND=$(abspath build/playground) $(MAKE) --no-print-directory site

bench: $(DEV)
	$(BIN)/python -m benchmarks.score
	$(BIN)/python -m benchmarks.speed

dist: $(DEV)
	rm -rf dist
	$(BIN)/python -m build --outdir dist .

vscode:
	cd editors/vscode && npm ci --ignore-scripts --no-audit --no-fund && npm run package

clean:
	rm -rf website/playground/node_modules
	rm -rf editors/vscode/node_modules editors/vscode/dist editors/vscode/*.vsix
	rm -rf build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .dropout_lint_cache $(VENV)

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.10 or newer with venv and pip found; name one: make PYTHON=..." >&2; exit 2; }
	$(PYTHON) -m venv --clear $(VENV)

$(TOOL): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(DEV): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(TOOL)

$(DOCS): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	@touch $@ $(TOOL)
