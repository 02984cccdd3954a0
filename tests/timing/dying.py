"""A process that times run after run until it is killed; each says its id once it has begun, as the user's code would."""

from __future__ import annotations

import sys

import hrlab
from hrlab.kernel import timing


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def by_blocks():
    while True:
        with hrlab.timed("block") as run:
            say(timing().active.id)
        say("ended " + run.record.id)


def by_cells():
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance(history_load_length=0)
    shell.history_manager.enabled = False
    hrlab.load_ipython_extension(shell)
    timing().audience = None
    shell.user_ns.update(say=say, timing=timing)
    while True:
        shell.run_cell("%%hrtime\nsay(timing().active.id)")
        say("ended " + hrlab.last_run().id)


if __name__ == "__main__":
    {"blocks": by_blocks, "cells": by_cells}[sys.argv[1]]()
