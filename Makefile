.PHONY: help setup demo test check conformance faults quality bench soak sbom audit dist docs lock clean
PY := .venv/bin/python

help:
	@echo "make demo    a private Tor network, a real forum behind an onion address, and an alert (3 minutes)"
	@echo "make test    every check and every test"
	@echo "make check   only the quick checks: style, types, import directions"
	@echo "make conformance  asks the API for minutes whether it does what its document says"
	@echo "make faults  kills, pauses and starves the whole product for minutes, and asks whether it lost anything"
	@echo "make quality recall and precision of the matcher, beside simpler ways; of facts, adapters and induction"
	@echo "make bench   every figure beside its floor from the same run, into docs/benchmarks.md (ARGS=--quick: minutes)"
	@echo "make soak    two hours of the service on a forum that changes: does anything grow?"
	@echo "make docs    write docs/reference.md anew from the code"
	@echo "make sbom    write build/duskwatch.cdx.json: all that an installation consists of"
	@echo "make audit   whether what is installed is what the lock names, and untouched; ARGS='--advisories FOLDER'"
	@echo "make dist    build sdist and wheel reproducibly from what is committed, with SBOM and SHA256SUMS"
	@echo "make lock    write requirements.lock anew from pyproject.toml"

setup:
	@tools/setup.sh

demo: setup
	@$(PY) -m console.demo $(ARGS)

check: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

test: check
	@tools/setup.sh test
	$(PY) -m pytest -n 2 --dist loadgroup $(ARGS)

conformance: setup
	@$(PY) tests/web/conformance.py $(ARGS)

faults: setup
	@$(PY) tests/faults/fault_run.py $(ARGS)

quality: setup
	@$(PY) tests/quality/measure.py $(ARGS)
	@$(PY) tests/quality/measure_facts.py $(ARGS)
	@$(PY) tests/quality/measure_copies.py
	@$(PY) tests/quality/measure_unnamed.py
	@$(PY) tests/quality/measure_induction.py
	@$(PY) tests/quality/measure_adapters.py

soak: setup
	@$(PY) bench/soak.py $(ARGS)

bench: setup
	@$(PY) bench/run.py $(ARGS)

docs: setup
	@$(PY) -m console.reference

lock:
	@tools/lock.sh

sbom: setup
	@$(PY) tools/sbom.py $(ARGS)

audit: setup
	@$(PY) tools/audit.py $(ARGS)

dist: setup
	@$(PY) tools/dist.py $(ARGS)

clean:
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis
