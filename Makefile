# `make` alone lists the targets. Paths are relative: the clone may be in a folder with spaces in its name.
PYTHON := .venv/bin/python

# Tests of the CLI wait about as long as they compute. Where ARGS chooses some tests, to collect them all takes longest.
WORKERS := -n $(shell expr $(if $(ARGS),1,2) '*' $$(nproc)) --maxprocesses 8 --dist loadgroup

STACK ?= lab
DO ?= up
FLEET ?= examples/fleet.yaml
export STACK ISO DRIVER BUILD
# Paths are UTF-8 whatever the locale says.
export PYTHONUTF8 := 1
# Without compiled files each of the many short processes would compile hundreds of modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: bench help setup up summary report console provenance power-off preview refresh unlock restore down doctor downstream downstream-down env test test-matrix lint iso
.PHONY: answers coverage fleet languages sdks test-clients test-console test-languages test-vendor-iso vendor-iso lab-start lab-stop lock clean crash-matrix storm sweep wheel

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-15s %s\n", $$1, $$2}' Makefile
	@echo "  Settings: STACK=name (default: lab, on this machine)  ISO=file  DRIVER=qemu|simulated  ARGS='more options'"
	@echo "            READY='login:' READY_TIMEOUT_S=180 (downstream: what your image prints on its console once it is up)"

setup: ## install what the other targets need: Python packages, the Pulumi CLI, QEMU
	@toolchain/setup.sh

up: setup ## build the images that the stack declares
	@$(PYTHON) -m commands.stack up $(ARGS)
	-@$(PYTHON) -m commands.summary

summary: setup ## what the stack's builds took: time of each step, requests (ARGS=--json)
	@$(PYTHON) -m commands.summary $(ARGS)

report: setup ## the stack's runs as one HTML file: .state/report-<stack>.html (ARGS=--live: written again during a run)
	@$(PYTHON) -m commands.report $(ARGS)

console: setup ## the remote consoles of the servers that are being installed
	@$(PYTHON) -m commands.console

provenance: setup ## statements of the images' provenance, compared with the cloud (BUILD=name ARGS='--output FILE')
	@$(PYTHON) -m commands.provenance $(ARGS)

power-off: setup ## shut down a server that is being installed: it is installed then (BUILD=name ARGS=--hard)
	@$(PYTHON) -m commands.power_off $(ARGS)

preview: setup ## show what `make up` would do
	@$(PYTHON) -m commands.stack preview $(ARGS)

refresh: setup ## compare the stack's state with what exists
	@$(PYTHON) -m commands.stack refresh $(ARGS)

unlock: setup ## release the stack's lock where only you can know that nothing works on the stack any more
	@$(PYTHON) -m commands.state.unlock $(ARGS)

restore: setup ## put back the last good state of a stack whose files a full disk has damaged
	@$(PYTHON) -m commands.state.restore $(ARGS)

down: setup ## destroy what the stack holds and stop the lab
	@$(PYTHON) -m commands.stack down $(ARGS)

doctor: setup ## check the stack's builds against the cloud, without Pulumi and without creating anything
	@$(PYTHON) -m commands.preflight_command --stack $(STACK) $(ARGS)

fleet: setup ## build a stack for each combination of a matrix: FLEET=examples/fleet.yaml (DO=preview|destroy|status)
	@$(PYTHON) -m commands.fleet $(DO) '$(FLEET)' $(ARGS)

downstream: setup ## start a server from the image, as another stack, and show its console
	@$(PYTHON) -m commands.downstream up

downstream-down: setup ## delete that server
	@$(PYTHON) -m commands.downstream down

env: setup ## print what a shell needs to use pulumi by hand: eval "$(make -s env)"
	@$(PYTHON) -m commands.environment

test: lint ## run the checks and all tests
	@$(PYTHON) -m pytest $(WORKERS) $(ARGS)

COVERED := config providers huaweicloud preflight policy
COVERED_BY := tests/components tests/config tests/huaweicloud tests/policy tests/preflight tests/procedure tests/providers
COVERED_BY += tests/e2e/test_build.py tests/e2e/test_declared_by_hand.py

coverage: setup ## measure the branch coverage of the tests, also in subprocesses; at least 90 % for each folder
	@mkdir -p .state/coverage && $(PYTHON) -m coverage erase
	@$(PYTHON) -m coverage run -m pytest $(WORKERS) $(COVERED_BY) $(ARGS)
	@$(PYTHON) -m coverage combine --quiet
	@for folder in $(COVERED); do echo "$$folder:" && \
		$(PYTHON) -m coverage report --include="$$folder/*" --fail-under=90 --skip-covered || exit 1; done

test-matrix: setup ## run the cases that the test suite takes a fixed sample of
	@$(PYTHON) -m pytest $(WORKERS) -m matrix $(ARGS)

languages: setup ## build Pulumi's hosts for YAML, TypeScript and Go programs, if the CLI has none (requires Go, Node.js)
	@$(PYTHON) -m toolchain.languages hosts

sdks: setup ## generate SDKs of the provider for Python, TypeScript and Go: .state/sdk
	@$(PYTHON) -m toolchain.languages sdks

# A language's tests share its installed example, so one process runs them; each process has a lab of its own.
test-languages: languages sdks ## run the example of each language with the provider against the lab (requires Go, Node.js)
	@$(PYTHON) -m pytest -n $(shell nproc) --maxprocesses 4 --dist loadgroup -m languages tests/languages $(ARGS)

# The clients of other projects and what they require are in a virtual environment of their own.
test-clients: setup ## run other clients (openstacksdk, s3cmd, …) against the lab and compare with the page
	@test -x .state/clients/bin/python || $(PYTHON) -m venv .state/clients
	@.venv/bin/uv pip install --quiet --python .state/clients/bin/python --require-hashes -r requirements-clients.txt
	@$(PYTHON) -m pytest -p no:xdist -m clients tests/clients $(ARGS)

# Selenium and what it requires are in a folder of their own; the browser is the system's.
test-console: setup ## open the lab's page in a headless Chromium, watch a build and press its buttons (installs Chromium as root)
	@$(PYTHON) -m toolchain.chromium
	@.venv/bin/uv pip install --quiet --target .state/console --require-hashes -r requirements-console.txt
	@PYTHONPATH=.state/console $(PYTHON) -m pytest -p no:xdist -m console tests/browser $(ARGS)

crash-matrix: setup ## cut every request of builds and edits short in every way, and print what became of it
	@$(PYTHON) -m tests.e2e.crash $(ARGS)

storm: setup ## build many images at once while one in five requests to the lab goes wrong
	@$(PYTHON) -m tests.e2e.storm $(ARGS)

sweep: setup ## list what this tool has made in the cloud's project, and remove what ARGS names
	@eval "$$($(PYTHON) -m commands.environment)"; $(PYTHON) -m commands.sweep $(ARGS)

lint: setup ## check style and types
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy

bench: setup ## measure what this program adds to the cloud's own time: bench/results.json (ARGS=--quick: a trial)
	@$(PYTHON) -m bench $(ARGS)

iso: setup ## build the installer ISO from the newest packages: .state/installer.iso
	@$(PYTHON) -c 'from commands.local_lab import build_iso; build_iso()'

answers: setup ## print ready-made answers for an installer: PROFILE=debian|ubuntu|anaconda|suse|values.yaml
	@$(PYTHON) -m iso profile '$(PROFILE)' $(ARGS)

vendor-iso: setup ## write a vendor's ISO with answers: VENDOR=debian.iso OUTPUT=new.iso ARGS='--profile debian'
	@$(PYTHON) -m iso answer '$(VENDOR)' --output '$(OUTPUT)' $(ARGS)

test-vendor-iso: setup ## boot the media of all vendors with answers, by BIOS and UEFI, in virtual machines
	@$(PYTHON) -m pytest -n 0 -m 'matrix or not matrix' tests/iso/vendor tests/config/answers/profiles $(ARGS)

lab-start: setup ## start the lab on this machine
	@$(PYTHON) -c 'from commands.local_lab import start; start()'

lab-stop: setup ## stop the lab; what is in it stays
	@$(PYTHON) -c 'import sys; from commands.local_lab import stop; sys.exit(stop())'

# Hashes of every file of a package, and no address of an index: each machine installs from its own.
LOCK := .venv/bin/uv pip compile --quiet --no-header --generate-hashes --no-emit-index-url --no-emit-find-links

wheel: setup ## build the wheels for use outside of this clone, of the provider and of the lab alone: dist/
	@$(PYTHON) -m hatchling build -t wheel
	@$(PYTHON) -m toolchain.lab_wheel dist

lock: setup ## write requirements*.txt, with hashes, from requirements*.in
	@$(LOCK) requirements.in -o requirements.txt
	@$(LOCK) requirements-dev.in -o requirements-dev.txt
	@$(LOCK) requirements-clients.in -o requirements-clients.txt
	@$(LOCK) requirements-console.in -o requirements-console.txt

clean: ## remove what set-up and the checks made; the stacks' state and the lab's stay
	rm -rf .venv .venv.old .state/clients .state/console .state/bin .state/setup.json .state/setup.lock .state/installer.* .state/placeholder.iso
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
