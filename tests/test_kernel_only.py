"""hrlab beside only IPython and distributed: what ``pip install --no-deps hrlab`` must be enough for."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

#: What the kernel's environment does not have, unless something else brings it.
ABSENT = (
    "altair", "comm", "ipykernel", "jupyter_client", "jupyter_core", "jupyter_events", "jupyter_server",
    "jupyterlab", "kr8s", "nbclient", "nbformat", "notebook", "numpy", "pandas", "scipy", "vl_convert",
)  # fmt: skip

#: What a run rightly warns of on a machine that has too much to do: its first graph follows on a new client at once,
#: and may have to wait for the scheduler to take the plugin.
BUSY_MACHINE = ("clock-uncertain", "recorder-waited")

HEAD = f"""
import sys, importlib.abc

class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {ABSENT!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())

def shell():
    from IPython.core.interactiveshell import InteractiveShell
    made = InteractiveShell.instance(history_load_length=0, colors="nocolor")
    made.history_manager.enabled = False
    return made
"""


def run(text, **options):
    """What a script prints in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", HEAD + textwrap.dedent(text)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment,
        **options,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_magic_times_a_cell_on_a_cluster(tmp_path):
    """Without the environment's Jupyter, in a terminal's IPython."""
    out = run(
        f"""
        HONEST = {BUSY_MACHINE!r}
        if __name__ == "__main__":
            ip = shell()
            ip.run_line_magic("load_ext", "hrlab")
            ip.run_cell(\"\"\"%%hrtime Zee
        from distributed import Client
        with Client(processes=False, dashboard_address=None, n_workers=1, threads_per_worker=1) as client:
            found = client.gather(client.map(lambda x: x + 1, range(5)))
        print(found)\"\"\".replace("\\n        ", "\\n"))
            import hrlab
            from hrlab.model.run import check
            check(hrlab.last_run())
            print("TASKS", hrlab.last_run().tasks)
            print("WARNINGS", [w for w in hrlab.last_run().warnings if w.code not in HONEST])
            ip.run_line_magic("hrtime", "list")
        """,
        cwd=tmp_path,
    )
    assert "[1, 2, 3, 4, 5]" in out
    assert "TASKS 5\n" in out
    assert "WARNINGS []\n" in out, out
    assert "Zee  " in out


def test_blocks_work_in_a_plain_script_without_ipython():
    out = run(
        """
        import hrlab
        with hrlab.timed("a") as run:
            with hrlab.phase("dask"):
                pass
        print(run.record.status, "IPython" in sys.modules, "distributed" in sys.modules)
        """
    )
    assert out.split() == ["ok", "False", "False"]


def test_kept_runs_are_listed_and_compared_without_a_server(tmp_path):
    out = run(
        f"""
        import os
        os.environ["HRLAB_STORE"] = {str(tmp_path / "runs.sqlite")!r}
        import hrlab
        for _ in range(2):
            with hrlab.timed("Zee", workload={{"events": 5}}):
                sum(range(100000))
        table = hrlab.runs("zee")
        print(len(table), table[0].workload["events"], "<table" in table._repr_html_())
        print(hrlab.compare(table, by="run").comparison.by, "distributed" in sys.modules)
        """
    )
    assert out.split() == ["2", "5.0", "True", "run", "False"]


def test_importing_hrlab_imports_next_to_nothing():
    out = run(
        """
        before = set(sys.modules)
        import hrlab
        print(sorted(name for name in set(sys.modules) - before if name != "hrlab"))
        """
    )
    assert len(out) < 200, out


@pytest.mark.parametrize(
    "do",
    [
        "shell().run_line_magic('load_ext', 'hrlab')",
        "ip = shell(); ip.run_line_magic('load_ext', 'hrlab'); ip.run_cell('%%hrtime\\n1')",
    ],
    ids=["loading", "a serial cell"],
)
def test_distributed_is_not_imported_for_it(do):
    out = run(
        f"""
        {do}
        wrong = ("distributed", "dask", "jupyter_server", "tornado", "scipy", "numpy")
        print("FOUND", sorted(set(wrong) & set(sys.modules)))
        """
    )
    assert "FOUND []" in out


def test_advice_without_scipy_and_without_a_jupyter_server_says_what_to_do(tmp_path):
    out = run(
        f"""
        import os
        os.environ.update(HRLAB_STORE={str(tmp_path / "runs.sqlite")!r}, JPY_PARENT_PID="", JUPYTERHUB_SERVICE_URL="")
        import hrlab
        try:
            hrlab.advise(name="Zee")
        except hrlab.model.errors.UsageError as error:
            print(error)
        """
    )
    assert "Install scipy here" in out


def test_every_module_of_the_kernel_side_can_be_imported():
    out = run(
        """
        import pkgutil, importlib, hrlab
        sides = ("kernel", "magic", "timing", "store", "model", "render")
        names = [
            module.name
            for module in pkgutil.walk_packages(hrlab.__path__, "hrlab.")
            if module.name.removeprefix("hrlab.").startswith(sides)
        ]
        for name in names:
            importlib.import_module(name)
        print(len(names))
        """
    )
    assert int(out) > 30


def test_loading_imports_hrlab_and_what_python_and_ipython_bring():
    """On top of what a kernel has loaded: what loading costs in time is measured by ``benchmarks/load_ext.py``."""
    pytest.importorskip("ipykernel")
    out = run(
        """
        sys.meta_path.pop(0)
        import ipykernel.ipkernel, ipykernel.zmqshell
        ip = shell()
        import IPython.display
        before = set(sys.modules)
        ip.run_line_magic("load_ext", "hrlab")
        new = {name.partition(".")[0] for name in set(sys.modules) - before}
        print("FOUND", sorted(new - set(sys.stdlib_module_names) - {"IPython"}))
        """
    )
    assert "FOUND ['hrlab']" in out
