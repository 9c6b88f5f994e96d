# Every target sets up what it needs first; a set-up that is up to date costs a second.
.DEFAULT_GOAL := help
.PHONY: help run test test-system test-long test-faults check eval pad-report bench bench-api bench-cues bench-injections bench-kiosk install models train train-covering train-passive lock clean
PYTHON := .venv/bin/python
ARGS ?=
FLOATS := distilled dlib
COVERING := models/covering/manifest.toml
TRAIN := $(or $(FACEKIOSK_TRAIN),../shared/train)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## set up, and run the kiosk (ARGS="--camera FILE" replays a clip)
	@scripts/setup.sh run
	@$(PYTHON) -m provisioning run --first $(ARGS)

test: ## set up, and run the fast tests
	@scripts/setup.sh test
	@$(PYTHON) -m pytest $(ARGS)

test-system: ## the tests that need Debian's packages (browser); a missing package is a failure
	@scripts/setup.sh system
	@$(PYTHON) -m pytest -m system $(ARGS)

test-long: ## the tests that take minutes, or need what only the measurements install
	@scripts/setup.sh bench
	@$(PYTHON) -m pytest -m long $(ARGS)

test-faults: ## a hundred faults of each kind, half an hour (FAULTS=10: fewer); figures in build/reports/faults.jsonl
	@scripts/setup.sh test
	@$(PYTHON) -m pytest -m long tests/faults -s $(ARGS)

check: ## lint, types, import contracts
	@scripts/setup.sh test
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

eval: ## accuracy on the evaluation data, float32, first network and teacher beside (MODEL=manifest.toml: of another network)
	@scripts/setup.sh bench
	@[ -n "$(MODEL)" ] || for name in $(FLOATS); do \
		[ -e build/models/$${name}_float32/manifest.toml ] || PER_GROUP=300 PRECISIONS=float32 models/build/embedding/build.sh $$name \
		|| echo "  without the float32 of $$name: it could not be built here"; done
	@[ ! -e $(COVERING) ] || { PYTHONPATH=models/build:. $(PYTHON) -W ignore -m covering.photos --photos $(TRAIN) --work build/covering && \
		PYTHONPATH=models/build:. $(PYTHON) -W ignore -m covering.evaluate --manifest $(COVERING) --work build/covering; } \
		|| echo "  without the covering network: it could not be measured here"
	@$(PYTHON) -W ignore -m bench.accuracy $(if $(MODEL),--model $(MODEL)) $(ARGS)

pad-report: ## prints, replays and live faces against the passive network and the policies (ARGS="--eval FOLDER": of another folder)
	@scripts/setup.sh bench
	@[ -e build/models/passive/face_passive_float32.tflite ] || models/build/passive/build.sh float \
		|| echo "  without the float32 of the passive network: it could not be built here"
	@$(PYTHON) -W ignore -m bench.pad $(ARGS)

bench: ## speed and memory, as ratios in one run
	@scripts/setup.sh bench
	@$(PYTHON) -W ignore -m bench.speed $(ARGS)
	@$(PYTHON) -m bench.search $(ARGS)

bench-api: ## the session API: rates, fairness, memory, kills (ARGS="--only load --seconds 10": less of it)
	@scripts/setup.sh bench
	@$(PYTHON) -W ignore -m bench.api $(ARGS)

bench-injections: ## scripted injections against the sessions of each liveness policy (ARGS="--policy strict --count 1000": the long one)
	@scripts/setup.sh bench
	@$(PYTHON) -W ignore -m bench.injections $(ARGS)

bench-kiosk: ## decisions, enrolling, start, cost, memory, soak of the whole kiosk (ARGS="--only soak --hours 8": the long one)
	@scripts/setup.sh bench
	@$(PYTHON) -W ignore -m bench.kiosk $(ARGS)

install: ## put program, units and users in place on an appliance (root; DESTDIR=DIR: into an image)
	@scripts/install.sh "$(DESTDIR)"

bench-cues: ## active cues and stream integrity, rendered and on the clips (ARGS="--turns 40": less of it)
	@scripts/setup.sh bench
	@$(PYTHON) -W ignore -m bench.cues $(ARGS)

models: ## rebuild models/ from their origins (an environment of its own)
	@models/build/embedding/build.sh $(ARGS)

train: ## teach the embedding anew, an hour or more (SHIP=1: take it over; FACEKIOSK_DATA: folder with train/ and teachers/)
	@scripts/setup.sh test
	@models/build/embedding/train.sh $(ARGS)

train-covering: ## teach the network that finds coverings anew, half an hour (SHIP=1: take it over)
	@scripts/setup.sh bench
	@models/build/covering/build.sh $(ARGS)

train-passive: ## teach the passive liveness network anew, an hour (SHIP=1: take it over)
	@scripts/setup.sh bench
	@models/build/passive/build.sh $(ARGS)

lock: ## resolve the locks anew (needs uv)
	@scripts/lock.sh

clean: ## remove environments, reports and the demo's data (var/)
	rm -rf .venv .venv-models .venv-training build var
