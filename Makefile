# Each target makes what it needs in .venv and installs again only after pyproject.toml changed.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint types unit coverage bench bench-compare load clean

## demo: serve the echo example over TCP and a Unix socket, drive it, compare both sides' counts;
## then ten seconds of each load test, and a table of their verdicts
demo: .venv/.installed
	$(BIN)/python examples/demo.py
	@echo
	$(BIN)/python -m loadtests.demo

## test: lint, types and every test
test: lint types unit

lint: .venv/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.installed-test
	$(BIN)/mypy

unit: .venv/.installed-test
	$(BIN)/python -m pytest -q

## coverage: every test once more, and which branches none of them takes (at least 97 % must be)
coverage: .venv/.installed-test
	rm -f .coverage .coverage.*
	$(BIN)/python -m coverage run -m pytest -q --timeout 100
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

## bench: CPU time per operation beside Node, uvloop and StreamServer: tables, and charts in
## benchmarks/results (a report, some 5 minutes); more with FLAGS, as in: make bench FLAGS=--all
bench: .venv/.installed-bench
	$(BIN)/python -m benchmarks $(FLAGS)

## bench-compare: is gnet faster or slower than at another commit? make bench-compare BASE=main
bench-compare: .venv/.installed-bench
	$(BIN)/python -m benchmarks.compare $(BASE) $(FLAGS)

## load: load tests with Locust, and a page of plots in loadtests/report (some 2 minutes)
load: .venv/.installed-test
	$(BIN)/python -m loadtests

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.installed: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[load]'
	touch $@

.venv/.installed-test: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@ .venv/.installed .venv/.installed-bench

.venv/.installed-bench: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	touch $@

clean:
	rm -rf .venv build *.egg-info loadtests/report benchmarks/results .mypy_cache .ruff_cache .pytest_cache .hypothesis
