# SPDX-License-Identifier: GPL-3.0-or-later
#
# Thin: says which script or tool does the work. "make help" lists what there is.

# Options of "make run"; tools/README.md describes them.
export SESSIONS LISTEN INIT NAME DESKTOP DETACH DEPS CI
# npm keeps what it downloads in the build folder, not in a home folder.
export npm_config_cache := $(CURDIR)/build/npm
BUILD := build

.PHONY: all deps web install package run stop check check-seats bench bench-report fuzz format clean help
.DEFAULT_GOAL := all

.NOTPARALLEL:

all: deps web $(BUILD)/build.ninja ## build everything into build/
	@ninja -C $(BUILD)

deps:
	@[ "$(DEPS)" = no ] || tools/install-deps build

$(BUILD)/build.ninja:
	@meson setup $(BUILD) >$(BUILD).log 2>&1 || { cat $(BUILD).log; exit 1; }
	@mv $(BUILD).log $(BUILD)/setup.log

web: deps ## build the web pages (web/dist)
	@tools/build-web

install: all ## install; DESTDIR=/somewhere for a staged tree
	@meson install -C $(BUILD) --no-rebuild --quiet $(if $(DESTDIR),--destdir "$(abspath $(DESTDIR))")

package: ## the Debian packages, in build/packages
	@tools/package

run: ## start the demo (root): SESSIONS=6 DETACH=1 LISTEN=127.0.0.1 INIT=systemd|none NAME=demo
	@tools/demo run

stop: ## end a detached demo: NAME=demo
	@tools/demo stop

check: ## install what is missing, build, run every test (root)
	@tools/check

check-seats: ## the tests of local seats only, in a virtual machine (root)
	@tools/check seats

bench: ## measure (root); results in build/bench/*.json; PEERS=yes installs what to compare with
	@tools/install-deps $(if $(filter yes,$(PEERS)),peers,check)
	@test/run-bench

bench-report: ## write docs/bench.md from build/bench/*.json
	@test/bench-report

fuzz: ## fuzz every parser for SECONDS=60 each
	@tools/install-deps check
	@tools/fuzz

format: ## clang-format every C file
	@git ls-files '*.c' '*.h' | xargs clang-format -i

clean: ## remove what was built (running demos are ended)
	@tools/demo stop-all
	@rm -rf build build-check build-fuzz web/dist

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile
