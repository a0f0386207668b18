# `make help` lists what there is. All of it needs only Python 3.11 or newer; .ci/environment.py sets up the rest.

PYTHON := $(or $(PYTHON),$(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done))
SETUP = $(if $(PYTHON),,$(error securemsg needs Python 3.11 or newer, and there is none on PATH; \
	name one with `make PYTHON=/path/to/python3.11`))@exec $(PYTHON) .ci/environment.py

.PHONY: help run test faults browsers bench lock

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*  ## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

run:  ## set up and start the demo: the service on PORT (8000), a clinic's website on PORT+1; Ctrl-C ends both
	$(SETUP) run $(ARGS)

test:  ## set up, then run every test, browser and databases included; ARGS go to pytest
	$(SETUP) test $(ARGS)

faults:  ## set up, then kill, cut off, fill and stop everything twenty times, and tell what came of it; ARGS go to pytest
	$(SETUP) faults $(ARGS)

browsers:  ## set up, then play the main job in Firefox and WebKitGTK as well as Chromium; ARGS go to pytest
	$(SETUP) browsers $(ARGS)

bench:  ## set up, then measure; ARGS name the scenarios
	$(SETUP) bench $(ARGS)

lock:  ## write the lock files anew from setup.cfg; ARGS=--upgrade takes newer releases
	$(SETUP) lock $(ARGS)
