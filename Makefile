# The commands of pgtenants. Each gets the machine ready first (toolchain/setup), and does nothing where nothing is missing.

.DEFAULT_GOAL := help
.PHONY: help up preview down shell status test test-long test-faults test-backup bench

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: ## Make what tenants/tenants.yaml says run, prove it, print how to connect
	@cli/up.sh

preview: ## Show what `make up` would change, and change nothing
	@cli/preview.sh

status: ## Ask every tenant again, and print how to connect
	@cli/status.sh

down: ## Stop and remove what runs; data and passwords stay
	@cli/down.sh

shell: ## A shell in which `pulumi` by hand works on these stacks
	@cli/shell.sh

test: ## All checks and tests, those with real containers included
	@cli/test.sh

test-long: ## The lives of pools, declared things, limits and instances, end to end: a quarter of an hour
	@cli/test-long.sh

test-faults: ## Every fault: a table of lost commits, neighbours' errors and recovery times. Restarts the engine; up to an hour
	@cli/test-faults.sh

test-backup: ## What backups are worth: loss, restore times, outages, retention, neighbours; writes docs/backups-measured.md. An hour and a half
	@cli/test-backup.sh

bench: ## Measure everything and write docs/benchmarks.md; an hour, or five minutes with QUICK=1. A full run restarts the engine
	@cli/bench.sh
