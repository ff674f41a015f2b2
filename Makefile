# make demo    builds, proves, packs and renders the example filter; needs nothing but Python and make
# make test    the tests that need no root and no server
# make judges  the foreign judges (docker-registry, skopeo, Istio's fetcher, cosign, oras, a Docker
#              engine, all languages, older Envoys, sanitizers); installs them as root on Debian
.DEFAULT_GOAL := help
.PHONY: help demo test judges lint bench clean

SOURCES := pyproject.toml CMakeLists.txt scripts/bootstrap.sh $(wildcard build_support/*.py) \
           $(wildcard src/native/*) $(wildcard src/native/*/*)
RUN := .venv/bin

help:
	@sed -n 's/^# //p' $(firstword $(MAKEFILE_LIST))

.venv/.installed: $(SOURCES)
	@echo "Installing tamis into .venv (about a minute the first time)"
	@PYTHON="$(PYTHON)" sh scripts/bootstrap.sh
	@touch $@

.venv/.dev: .venv/.installed
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --group dev
	@touch $@

demo: .venv/.installed
	@$(RUN)/tamis ship filters/header-policy --out build/demo

lint: .venv/.dev
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/lint-imports
	$(RUN)/clang-format --dry-run -Werror $$(git ls-files '*.h' '*.cc' '*.c')

# Three at a time, a file at a time, in the order in which they are listed: the slow files are not
# last. Then those that measure.
test: lint
	$(RUN)/pytest -n 3 --dist loadfile --no-loadscope-reorder -m 'not alone'
	$(RUN)/pytest -m alone

judges: .venv/.dev
	sh scripts/judges.sh

bench: .venv/.dev
	$(RUN)/python benchmarks/host.py
	$(RUN)/python benchmarks/peers.py
	$(RUN)/python benchmarks/compare.py
	$(RUN)/python benchmarks/prediction.py
	$(RUN)/python benchmarks/repeat.py
	$(RUN)/python benchmarks/oci.py

clean:
	rm -rf .venv build
