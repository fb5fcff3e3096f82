# The front door. Everything else is Meson's (meson.build).
.PHONY: build run test test-long bench install clean

build:
	@tools/setup build
	@test -f build/build.ninja || meson setup build >/dev/null
	@ninja --quiet -C build programs

run:
	@tools/setup build demo
	@$(MAKE) --no-print-directory build
	@build/primrose demo

test:
	@tools/setup build demo test
	@tools/test

test-long:
	@tools/setup build demo test
	@tools/test --long

bench:
	@tools/setup build demo test bench
	@tools/bench $(BENCH)

install: build
	@meson install -C build

clean:
	@rm -rf build build-*
