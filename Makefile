# make run     sets everything up and serves the app
# make test    sets everything up and runs every test
# make survey  all that opens on every page, in a browser, and every case of the long tests
# make lint    style, types and layers
# make requirements  exact versions anew, from the ranges in pyproject.toml
# make docs    the documentation site, in site/
# make bench   speed, measured side by side
# make bare    the first two on a bare machine: a minimal Debian (as root; see tools/bare.py)
# make setup   what these have in common; .venv/bin/python is then the project's interpreter
#
# PYTHON=...          the Python (3.11 or newer) to make the environment with
# TORCH_PIP_ARGS=...  more arguments for pip when it installs torch, such as the index of another build
# PORT=...            the port to serve on (8501)
# PYTEST_ARGS=...     more arguments for pytest
# BARE_ARGS=...       run or test, for one of the two on the bare machine

PYTHON ?= python3
TORCH_PIP_ARGS ?=
PORT ?= 8501
PYTEST_ARGS ?=
PYTEST_WORKERS ?= 2
BROWSER_WORKERS ?= 2
PIN_ARGS ?=

VENV := .venv
DOCS_VENV := .venv-docs
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check -qq
MADE := .make

# Written by npm when it is done, and newer than what it was made from: the engravers of sheet music
# and of numbered notation, and the Chinese fonts.
NPM := node_modules/.package-lock.json
LAB := data/irish.abc

# packages.txt, which Streamlit Cloud reads too, can hold no comment: it names FluidSynth's library
# and a soundfont with stereo samples (34 MB to fetch; the one inside pretty_midi has 6).
# libatomic1 is what the browser driver of the tests needs and a bare Debian lacks.
SYSTEM_DEV := chromium abcmidi libatomic1

.PHONY: run test survey requirements docs bench bare setup setup-dev system clean
.PHONY: lint lint-style lint-format lint-types lint-layers format
.DEFAULT_GOAL := run
.DELETE_ON_ERROR:

run: setup
	@$(PY) -m musicgen app --port $(PORT)

# One thread for each process: more would fight for the same cores. The tests with a browser wait
# more than they work, so two of them run at a time, each with a server and a browser of its own; the
# others take what time is left beside them, and all of it afterwards. Their report comes last.
# Status 5 is pytest's where PYTEST_ARGS leaves nothing to run.
test: setup setup-dev
	@export OMP_NUM_THREADS=1; \
	nice -n 5 $(PY) -m pytest -n $(PYTEST_WORKERS) -o timeout=1200 -m "not browser" $(PYTEST_ARGS) \
		>$(MADE)/tests.log 2>&1 & others=$$!; \
	trap 'kill $$others' INT TERM; \
	$(PY) -m pytest -n $(BROWSER_WORKERS) -m "browser and not survey" $(PYTEST_ARGS); seen=$$?; \
	wait $$others; rest=$$?; cat $(MADE)/tests.log; \
	case "$$seen$$rest" in 00|05|50) ;; *) exit 1;; esac

# All that tests of many cases look at only a share of, and all pages in a browser, with all that
# opens on them in pairs, wide and narrow: three quarters of an hour.
survey: setup setup-dev
	@export OMP_NUM_THREADS=1 MUSICGEN_THOROUGH=1; \
	$(PY) -m pytest -m "browser and survey" $(PYTEST_ARGS) && \
	$(PY) -m pytest -n $(PYTEST_WORKERS) -o timeout=1200 -m "not browser" $(PYTEST_ARGS)

lint: lint-style lint-format lint-types lint-layers

lint-style: $(MADE)/requirements-dev
	@$(PY) -m ruff check .

lint-format: $(MADE)/requirements-dev
	@$(PY) -m ruff format --check .

lint-types: $(MADE)/requirements-dev
	@$(PY) -m mypy

lint-layers: $(MADE)/requirements-dev
	@$(VENV)/bin/lint-imports

format: $(MADE)/requirements-dev
	@$(PY) -m ruff check --fix-only -q .
	@$(PY) -m ruff format .

# requirements.txt from the ranges in pyproject.toml: what is there is kept as long as it fits;
# PIN_ARGS=--upgrade takes the newest. A build of torch ("+cpu") is no part of its version.
requirements: $(MADE)/requirements-dev
	@$(PY) -m piptools compile -q --no-header --no-emit-index-url --no-emit-trusted-host \
		--no-emit-find-links --strip-extras --annotation-style=line $(PIN_ARGS) \
		-o requirements.txt pyproject.toml
	@sed -i -e 's/^\(torch==[^+ ]*\)+[a-z0-9.]*/\1/' -e '/^#/d' -e '/^$$/d' requirements.txt
	@sed -i '1i # What every machine runs, made by: make requirements (ranges in pyproject.toml).' \
		requirements.txt

# In an environment of its own; only the page of the student is made by the app.
docs: $(MADE)/requirements-docs $(MADE)/try.html
	@$(DOCS_VENV)/bin/python tools/build_docs.py

# The bundled student as a page of its own, to be tried before anything is installed.
$(MADE)/try.html: $(wildcard checkpoints/student/* musicgen/export/page/*) $(NPM)
	@$(PY) -m musicgen export --checkpoint student --format html --out $@ --overwrite

bench: setup
	@$(PY) -m bench

# Its exit status is 77 where this machine cannot make a bare one; make says "Error 77" then.
bare:
	@$(PYTHON) tools/bare.py $(BARE_ARGS)

setup: $(MADE)/system $(MADE)/requirements $(NPM) $(LAB)
	@:

setup-dev: $(MADE)/system-dev $(MADE)/requirements-dev
	@:

# Tries once more what could not be installed before.
system:
	@rm -f $(MADE)/system $(MADE)/system-dev
	@$(MAKE) --no-print-directory $(MADE)/system $(MADE)/system-dev

clean:
	rm -rf $(VENV) $(DOCS_VENV) $(MADE) node_modules site

$(MADE):
	@mkdir -p $@

# One after the other: two runs of apt at once would lock each other out.
$(MADE)/system: packages.txt tools/apt-install | $(MADE)
	@tools/apt-install $$(cat packages.txt)
	@touch $@

$(MADE)/system-dev: tools/apt-install Makefile | $(MADE) $(MADE)/system $(PY)
	@tools/apt-install $(SYSTEM_DEV)
	@touch $@

$(PY): | $(MADE)/system
	@tools/make-venv "$(PYTHON)" $(VENV)

$(MADE)/requirements: requirements.txt $(PY) | $(MADE)
	@echo "Installing Python packages: this takes some minutes the first time." >&2
	@$(PIP) install $(TORCH_PIP_ARGS) "$$(sed -n 's/^\(torch==[^ ]*\).*/\1/p' requirements.txt)"
	@$(PIP) install -r requirements.txt
	@touch $@

$(MADE)/requirements-dev: requirements-dev.txt $(MADE)/requirements
	@$(PIP) install -r requirements-dev.txt
	@touch $@

$(DOCS_VENV)/bin/python: | $(MADE)
	@tools/make-venv "$(PYTHON)" $(DOCS_VENV)

$(MADE)/requirements-docs: requirements-docs.txt $(DOCS_VENV)/bin/python | $(MADE)
	@$(DOCS_VENV)/bin/python -m pip --disable-pip-version-check -qq install -r requirements-docs.txt
	@touch $@

# What is fetched may fail, on a train for example: the app starts all the same and says what is
# missing, and the next run tries again.
$(NPM): package.json package-lock.json .npmrc | $(MADE)/requirements
	@$(PY) -m musicgen.installation abcjs abc2svg fonts && touch $@ || true

$(LAB): | $(MADE)/requirements
	@$(PY) -m musicgen.installation lab || true
