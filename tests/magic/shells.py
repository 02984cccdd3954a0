"""Shells to run cells in: a real InteractiveShell in this process, and real kernels by nbclient."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import nbclient
import nbformat
from IPython.core.interactiveshell import InteractiveShell

from hrlab.kernel import open_store
from hrlab.magic.hooks import CellHooks
from hrlab.magic.magics import HrtimeMagics
from hrlab.render.mime import RUN_MIME
from hrlab.timing.journal import Journal
from hrlab.timing.session import Timing


@dataclass
class Listener:
    """An audience that remembers."""

    began_with: list = field(default_factory=list)
    runs: list = field(default_factory=list)
    quiet: list = field(default_factory=list)

    def began(self, active, name, cell_id, usual_seconds):
        self.began_with.append((active.id, name, cell_id, usual_seconds))

    def goes_on(self, active, progress):
        pass

    def ended(self, run, cell_id, *, quiet):
        self.runs.append(run)
        self.quiet.append(quiet)


class Shell:
    """A shell with hrlab in it, as the extension puts it there, and the requests of a front end."""

    def __init__(self):
        InteractiveShell.clear_instance()
        self.ip = InteractiveShell.instance(history_load_length=0, colors="nocolor")
        self.ip.history_manager.enabled = False
        self.told = []
        self.audience = Listener()
        self.timing = Timing(Journal(open_store, self.told.append), self.audience)
        self.hooks = CellHooks(self.ip, self.timing)
        self.hooks.register()
        HrtimeMagics(self.hooks).register(self.ip)
        self.metadata = {}
        self.ip.get_parent = lambda: {"metadata": self.metadata}

    @property
    def runs(self):
        return self.audience.runs

    def run(self, cell, hrlab=None):
        """Run a cell, with hrlab's key in the request's metadata if one is given."""
        self.metadata = {} if hrlab is None else {"hrlab": hrlab}
        return self.ip.run_cell(cell, store_history=True)

    def close(self):
        self.hooks.unregister()
        self.timing.abandon()
        self.ip.history_manager.end_session()
        self.ip.restore_sys_module_state()
        InteractiveShell.clear_instance()


def notebook(*cells, allow_errors=True, **options):
    """Run cells in a real kernel and return the notebook; hrlab is not loaded by itself."""
    logging.getLogger("traitlets").setLevel(logging.ERROR)
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(
        made, timeout=60, kernel_name="python3", allow_errors=allow_errors, **options
    ).execute()
    return made


def runs_in(cell):
    """Records in a cell's output."""
    return [
        output["data"][RUN_MIME] for output in cell.outputs if RUN_MIME in output.get("data", {})
    ]


def texts(cell):
    """What a cell wrote, as one text."""
    return "".join(output.get("text", "") for output in cell.outputs)


def others(cell):
    """A cell's outputs without hrlab's."""
    return [output for output in cell.outputs if RUN_MIME not in output.get("data", {})]
