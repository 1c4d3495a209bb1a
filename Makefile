# `make run` and `make test` prepare everything themselves; see `make help`.

VENV ?= .venv
# A newer Python than 3.12 is not tried: some of the pinned wheels do not exist for it.
PYTHONS := $(if $(PYTHON),$(PYTHON),python3.12 python3.11 python3)

.DEFAULT_GOAL := help
.PHONY: help run test check clean install install-dev

help:
	@echo "make run     start Malgil and print its address (PORT=8000, DATA_DIR=.local)"
	@echo "make test    run all tests, with servers of their own"
	@echo "make check   lint, types, import rules, migrations"
	@echo "make clean   remove the virtual environment and the caches; the data stays"

# The last line of each recipe is one plain command, which make runs without a shell in between: so
# Ctrl-C and SIGTERM reach it.
run: install
	@$(VENV)/bin/python -m config.launcher

test: install-dev
	@$(VENV)/bin/python -m pytest

check: export SECRET_KEY = only-for-checks-which-sign-nothing-and-store-nothing
check: install-dev
	@$(VENV)/bin/python -m ruff check
	@$(VENV)/bin/python -m ruff format --check
	@$(VENV)/bin/python -m mypy
	@$(VENV)/bin/lint-imports
	@$(VENV)/bin/python manage.py makemigrations --check --dry-run
	@$(VENV)/bin/python manage.py check

install:
	@$(call bootstrap,requirements.txt)

install-dev:
	@$(call bootstrap,requirements.txt requirements-dev.txt)

clean:
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './.*' -prune -exec rm -rf {} +
	@test ! -e $(VENV)/pyvenv.cfg || rm -rf $(VENV)

# A python that cannot run (a shim of pyenv, say) or has another version is passed over.
define bootstrap
for python in $(PYTHONS); do \
	if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null; \
	then exec $$python -I config/launcher/bootstrap.py $(VENV) $(1); fi; \
done; \
echo "Malgil needs Python 3.11 or 3.12, and none of these is one: $(PYTHONS)." \
	"Install one, or name it: make PYTHON=/path/to/python3.12" >&2; \
exit 1
endef
