# Needs Python 3.11 (the one Blender's bpy 5.0 wheel is made for); everything else lands in .venv.
PYTHON ?= python3.11
VENV := .venv
RUN := $(VENV)/bin/python
AUDIO ?= samples/line.wav
EMOTION ?= happy
INTENSITY ?= 1.0
# Processes for the tests and for the faults.
JOBS ?= 2
BLENDER_BUILDER = $(shell $(RUN) -c "import importlib.util as u, pathlib; print(next(pathlib.Path(u.find_spec('bpy').origin).parent.rglob('blender_ext.py')))")

.PHONY: demo test lint mutate extension benchmark clean

demo: $(VENV)/.ready-for-demo
	$(RUN) -m emotalk.command_line.main demo "$(AUDIO)" --emotion $(EMOTION) --intensity $(INTENSITY) --folder out

# In as many processes as there are jobs; a file of tests stays in one of them. Plain pytest runs everything in one.
test: $(VENV)/.ready-for-tests lint
	$(RUN) -m pytest -q -m "not slow" -n $(JOBS) --dist loadfile

lint: $(VENV)/.ready-for-tests
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	mkdir -p $(VENV)/typed && ln -sfn ../.. $(VENV)/typed/emotalk
	$(VENV)/bin/mypy

# Minutes: puts faults into a copy of the tree, one at a time; the tests must notice each of them.
# make mutate JOBS=4 WORD=face tries only faults with this word in their sentence or file.
WORD ?=
mutate: $(VENV)/.ready-for-tests
	$(RUN) tests/mutations/run.py --jobs $(JOBS) -k "$(WORD)"

extension: $(VENV)/.ready-for-demo
	mkdir -p dist
	$(RUN) $(BLENDER_BUILDER) build --source-dir . --output-dir dist
	for zip in dist/emotalk-*.zip; do $(RUN) $(BLENDER_BUILDER) validate $$zip || exit 1; done

benchmark: $(VENV)/.ready-for-tests
	$(RUN) benchmarks/spine.py

clean:
	rm -rf $(VENV) out dist build *.egg-info

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --upgrade pip

$(VENV)/.ready-for-demo: $(VENV)/bin/python pyproject.toml
	$(RUN) -m pip install --quiet --editable ".[blender,demo]"
	touch $@

$(VENV)/.ready-for-tests: $(VENV)/.ready-for-demo
	$(RUN) -m pip install --quiet "torch==2.13.0"
	$(RUN) -m pip install --quiet --editable ".[blender,demo,training,test]"
	touch $@
