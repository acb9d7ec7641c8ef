# SPDX-License-Identifier: Apache-2.0
# The few commands that people type. CMakeLists.txt is the build.
.PHONY: help build run test lint bench soak strict fuzz clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

build: ## install what is missing, build build/release/gatehouse
	tools/deps build
	cmake --preset release
	cmake --build --preset release

run: build ## start with the demonstration data in ./data
	build/release/gatehouse serve --demo --data ./data

test: ## install what is missing, build with sanitizers, run every test
	tools/deps test
	cmake --preset ci
	cmake --build --preset ci
	ctest --preset ci

lint: ## clang-format and clang-tidy over the whole tree
	tools/deps lint
	cmake --preset ci
	tools/tidy all

bench: build ## side by side with nginx and haproxy
	tools/deps bench
	bench/run

soak: build ## kill -9 fifty times, lose nothing; redeploy, reload, hand over under load, fail nothing
	tools/deps test
	tests/soak/run

strict: build ## the long proofs: four back ends, a million heads beside Node's parser, slow clients
	tools/deps strict
	tests/strict/run

fuzz: ## search with each libFuzzer target for 30 minutes (MINUTES=...), two at a time
	tools/deps test
	tests/fuzz/run --minutes $(or $(MINUTES),30)

clean: ## throw away build/
	rm -rf build
