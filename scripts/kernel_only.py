"""Whether hrlab works beside IPython and distributed alone: a remote kernel, a worker image."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from pathlib import Path

ABSENT = ("jupyter_server", "jupyterlab", "ipykernel", "jupyter_client", "scipy", "kr8s", "numpy")

CELL = """%%hrtime "kernel only" --label where=terminal --events 10
from distributed import Client
client = Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=None)
answer = sum(client.gather(client.map(lambda n: n * n, range(10))))
client.close()
answer
"""


def main() -> None:
    """Time a cell in IPython and a block in plain Python."""
    found = [name for name in ABSENT if importlib.util.find_spec(name)]
    assert not found, f"This environment is not bare: {found}"

    import hrlab

    assert "distributed" not in sys.modules, "import hrlab loads distributed"
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "hrlab")
    assert "distributed" not in sys.modules, "%load_ext hrlab loads distributed"
    result = shell.run_cell(CELL)
    result.raise_error()
    assert result.result == 285
    run = hrlab.last_run()
    assert run is not None
    assert (run.name, run.status, run.tasks) == ("kernel only", "ok", 10), run
    assert run.phases is not None
    assert run.phases.dask_seconds > 0
    assert Path(os.environ["HRLAB_STORE"]).exists()
    with hrlab.timed("block", quiet=True) as block:
        pass
    assert block.record.name == "block"
    print("Import, magic, record and store work.")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["HRLAB_STORE"] = str(Path(scratch, "runs.sqlite"))
        main()
