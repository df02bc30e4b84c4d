# The front door. Each target installs what is missing (tools/setup), then uses the CMake preset `release`; with
# CMake alone: cmake --preset release && cmake --build --preset release && ctest --preset release.
.PHONY: help build configured demo test check bench format install
CMAKE_ARGS ?=
PREFIX ?= /usr/local
configure = cmake --preset release $(CMAKE_ARGS) --log-level=NOTICE

help:
	@echo "make demo     builds nudge, runs the whole recipe on the embedded world, writes runs/demo/report.html"
	@echo "make test     builds everything and runs all tests"
	@echo "make check    format, layers, budgets, clang-tidy, sanitizers"
	@echo "make bench    speed of decoding, training and PPO beside the floor of this machine"
	@echo "make build    only the program: build/release/nudge"
	@echo "make format   formats the sources"
	@echo "make install  program, library and headers into PREFIX ($(PREFIX))"

build: configured
	@cmake --build --preset release --target nudge

configured:
	@tools/setup
	@$(configure)

demo: configured
	@tools/say-time
	@cmake --build --preset release --target nudge
	build/release/nudge demo

test:
	@tools/setup --test
	@$(configure)
	@cmake --build --preset release
	@ctest --preset release

check:
	@tools/setup --test
	@tools/check

bench:
	@tools/setup
	@$(configure)
	@cmake --build --preset release
	@cmake --build --preset release --target bench

format:
	@tools/setup --test
	@git ls-files '*.cpp' '*.h' | xargs .deps/venv/bin/clang-format -i

install: build
	@cmake --build --preset release
	cmake --install build/release --prefix $(PREFIX)
