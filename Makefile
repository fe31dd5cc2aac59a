# Two commands do all the set-up: `make demo` and `make test`. Windows without make: see README.md.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif

# What llama.cpp is built with unless the person says otherwise: no vision, which takes a third of the time; RPC; and
# no AMX, which no laptop has and GCC before 12.4 gets wrong (its _tile_loadconfig loses most of what it loads).
ifeq ($(origin CMAKE_ARGS),undefined)
NO_AMX := -mno-amx-int8
KNOWS_AMX := $(shell c++ $(NO_AMX) -E -x c++ /dev/null >/dev/null 2>&1 && echo yes)
export CMAKE_ARGS := -DLLAVA_BUILD=OFF -DGGML_RPC=ON $(if $(KNOWS_AMX),-DCMAKE_C_FLAGS=$(NO_AMX) -DCMAKE_CXX_FLAGS=$(NO_AMX))
CHECK_BUILD := yes
endif
AS_WANTED := import sys, llama_cpp as l; \
	sys.exit(not l.llama_supports_rpc() or b"AMX_INT8 = 1" in l.llama_print_system_info())

.PHONY: demo test campaign lint format clean
.DELETE_ON_ERROR:

demo: .venv/app
	$(BIN)/qwen3-desk demo

test: .venv/dev
	$(BIN)/python -m pytest

campaign: .venv/dev
	QWEN3_DESK_CAMPAIGN=1 $(BIN)/python -m pytest --timeout 3600

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

# pip's cache of built wheels does not know what llama.cpp was built with, so what came out of it is checked.
.venv/app: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "qwen3-desk needs Python 3.11 or newer; install one and say: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	{ echo "This Python has no venv module; on Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	@command -v c++ >/dev/null || command -v g++ >/dev/null || command -v clang++ >/dev/null || command -v cl >/dev/null || \
	{ echo "llama.cpp needs a C++ compiler; Debian and Ubuntu: sudo apt install g++, macOS: xcode-select --install"; exit 1; }
	$(PYTHON) -m venv .venv
	@echo "Installing. llama.cpp is compiled here for this machine, once: about 5 minutes on 2 cores."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
ifeq ($(CHECK_BUILD),yes)
	@$(BIN)/python -c '$(AS_WANTED)' || { $(BIN)/python -m pip cache remove llama_cpp_python; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-deps --force-reinstall \
		llama-cpp-python; }
endif
	@touch $@

.venv/dev: .venv/app
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
