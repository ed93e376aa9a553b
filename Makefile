# TrackMyCrime. Needs Python 3.11, make and a shell; each target installs what it needs by itself.
.DEFAULT_GOAL := help
.PHONY: help install demo test check format translations lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

install: ## .venv with the trackmycrime command
	@scripts/install.sh
	@echo "Installed. Start with: .venv/bin/trackmycrime demo"

demo: ## the whole of it with made-up data, in a minute (Ctrl-C ends it)
	@scripts/install.sh
	@exec .venv/bin/trackmycrime demo $(ARGS)

test: ## all tests (3 when only those could not run that need a Chromium or a MariaDB); ARGS="-k name" picks some
	@scripts/test.sh $(ARGS)

check: ## style, types, import rules, migrations, translations
	@scripts/check.sh

format: ## put the code into shape
	@scripts/install.sh dev
	@.venv/bin/ruff check --fix --quiet . || true
	@.venv/bin/ruff format .

translations: ## bring the Welsh catalogue up to date with the pages, say what is missing, compile it
	@scripts/install.sh dev
	@.venv/bin/python scripts/messages.py; status=$$?; .venv/bin/python scripts/translations.py && exit $$status

lock: ## write the locks anew from pyproject.toml
	@scripts/lock.sh $(ARGS)
