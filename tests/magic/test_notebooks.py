"""Timed cells in real kernels, driven by nbclient."""

from __future__ import annotations

import nbclient
import pytest

from hrlab.model.run import Run
from hrlab.render.mime import RUN_MIME
from hrlab.store.query import RunQuery
from hrlab.store.sqlite import RunStore
from tests.magic.shells import notebook, others, runs_in, texts

pytestmark = pytest.mark.kernel

#: Cells whose behaviour must be the same with ``%%hrtime`` above them.
CELLS = [
    "41 + 1",
    "x = 1; x",
    "_ + 1, Out[2]",
    "print('out'); import sys; print('err', file=sys.stderr); 'last'",
    "v = 7\nprint('{v} $v')",
    "import asyncio\nawait asyncio.sleep(0.01)\n'slept'",
    "async def f():\n    return 5\nawait f()",
    "def f():\n    return 1 / 0\n\nf()",
    "raise ValueError('several\\nlines')",
    "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise KeyError('k') from error",
    "x = (1 +",
    "def f(:",
    "  indented = 5\nindented",
    "return 5",
    "import warnings; warnings.warn('careful')",
    "from IPython.display import display\ndisplay('shown'); 'result'",
    "handle = display('a', display_id='same')\nhandle.update('b')",
    "%who_ls int",
    "!echo from-shell",
    "%%bash\necho from-bash; exit 3",
    "%%time\ny = 3",
    "%%capture out\nprint('caught')",
    "out.stdout",
    "%%no_such_magic\nx",
    "%no_such_magic",
    "get_ipython().run_cell('1 / 0'); 'went on'",
    "import sys; sys.exit(2)",
    "raise KeyboardInterrupt",
    "In[2], len(In)",
    "x;",
    "# only a comment",
    "len?",
    "class A:\n    def __repr__(self):\n        return 'x'\n    def _repr_html_(self):\n        return '<b>x</b>'\nA()",
]


def behaviour(cell):
    """What a user sees of a cell, apart from hrlab's display and what differs from run to run."""
    seen = []
    for output in others(cell):
        kept = {key: value for key, value in output.items() if key not in ("transient", "metadata")}
        text = repr(kept)
        if "Wall time" not in text:
            seen.append(kept)
    return seen


def test_a_timed_cell_behaves_as_an_untimed_one():
    plain = notebook("%load_ext hrlab", *CELLS).cells[1:]
    timed = notebook("%load_ext hrlab", *(f"%%hrtime\n{cell}" for cell in CELLS)).cells[1:]
    for source, a, b in zip(CELLS, plain, timed, strict=True):
        if source.startswith("In["):
            # One line further down, for the line that `%%hrtime` takes.
            assert others(b)[0]["data"]["text/plain"] == others(a)[0]["data"]["text/plain"].replace(
                "'41", "'\\n41"
            )
            continue
        seen, expected = behaviour(b), behaviour(a)
        assert len(seen) == len(expected), source
        for left, right in zip(seen, expected, strict=True):
            if left["output_type"] == "error":
                assert (left["ename"], left["evalue"].split(" (")[0]) == (
                    right["ename"],
                    right["evalue"].split(" (")[0],
                ), source
                assert len(left["traceback"]) == len(right["traceback"]), source
                assert "hrlab" not in "".join(left["traceback"])
            elif left["output_type"] == "stream" and "ipykernel" in left["text"]:
                assert left["text"].splitlines()[-1] == right["text"].splitlines()[-1]
            else:
                assert left == right, source


def test_the_result_is_the_last_display_of_its_cell():
    made = notebook("%load_ext hrlab", "%%hrtime\ndisplay('shown')\n'result'")
    kinds = [output.output_type for output in made.cells[1].outputs]
    assert kinds == ["display_data", "execute_result", "display_data"]
    assert RUN_MIME in made.cells[1].outputs[-1]["data"]
    assert "text/html" in made.cells[1].outputs[-1]["data"]


def test_nbclient_sees_the_error_of_a_timed_cell(store_of_the_test):
    with pytest.raises(nbclient.exceptions.CellExecutionError, match="ZeroDivisionError"):
        notebook("%load_ext hrlab", "%%hrtime\n1 / 0", "never = 1", allow_errors=False)
    (run,) = RunStore.open(store_of_the_test).page(RunQuery()).runs
    assert run.status == "failed"


def test_nbclient_sees_wrong_words():
    with pytest.raises(nbclient.exceptions.CellExecutionError, match="did you mean --events"):
        notebook("%load_ext hrlab", "%%hrtime --evnts 5\nx = 1", allow_errors=False)


def test_records_balance_and_carry_the_cells(store_of_the_test):
    made = notebook("%load_ext hrlab", "%%hrtime Zee\n1", "%%hrtime\n1 / 0")
    for cell, count in ((made.cells[1], 2), (made.cells[2], 3)):
        (data,) = runs_in(cell)
        run = Run.from_dict(data)
        assert run.cells[0].execution_count == count
        assert run.environment.user is None
        assert RunStore.open(store_of_the_test).get(run.id)["environment"]["user"]


def test_a_kernel_shut_down_within_a_run_leaves_it_interrupted(store_of_the_test):
    notebook("%load_ext hrlab", "%hrtime start 'cut off'", "x = 1")
    with_store = RunStore.open(store_of_the_test)
    with_store.mark_interrupted()
    (run,) = with_store.page(RunQuery()).runs
    assert (run.name, run.status) == ("cut off", "interrupted")


def test_a_store_that_fails_is_told_once_and_the_record_is_in_the_output(store_of_the_test):
    store_of_the_test.parent.mkdir()
    store_of_the_test.write_bytes(b"not a database " * 100)
    made = notebook("%load_ext hrlab", "%%hrtime a\n41 + 1", "%%hrtime b\n1", "%%hrtime\n1 / 0")
    first, second, third = made.cells[1:]
    (said,) = [output for output in first.outputs if output.get("name") == "stderr"]
    assert said["text"].startswith("hrlab: ")
    assert said["text"].count("\n") == 1
    assert "hrlab" not in texts(second) + texts(third)
    assert [output.output_type for output in first.outputs if "data" in output] == [
        "execute_result",
        "display_data",
    ]
    for cell in (first, second, third):
        assert [warning["code"] for warning in runs_in(cell)[0]["warnings"]] == ["not-stored"]


def test_a_block_shows_its_result_without_the_extension_being_loaded():
    (cell,) = notebook("import hrlab\nwith hrlab.timed('a'):\n    pass").cells
    assert [run["name"] for run in runs_in(cell)] == ["a"]


FAILING_ON_DASK = [
    "client.submit(lambda: 1 / 0, pure=False).result()",
    "client.gather(client.map(lambda x: 1 / x, [0], pure=False))",
    "import dask\ndask.compute(dask.delayed(lambda: 1 / 0)())",
    "from distributed import as_completed\n"
    "for f in as_completed(client.map(lambda x: 1 / x, [0], pure=False)):\n    f.result()",
    "async with Client(client.cluster.scheduler_address, asynchronous=True) as inner:\n"
    "    await inner.submit(lambda: 1 / 0, pure=False)",
    "client.submit(lambda x: x, object.__reduce_ex__).missing_attribute",
]


def test_errors_of_tasks_have_the_users_own_traceback():
    start = (
        "from distributed import Client\n"
        "client = Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=None)"
    )
    made = notebook(
        "%load_ext hrlab",
        start,
        *FAILING_ON_DASK,
        *(f"%%hrtime\n{cell}" for cell in FAILING_ON_DASK),
        "client.close()",
    )
    plain, timed = made.cells[2:8], made.cells[8:14]
    for a, b in zip(plain, timed, strict=True):
        (expected,), (error,) = (
            [output for output in cell.outputs if output.output_type == "error"] for cell in (a, b)
        )
        assert (error["ename"], error["evalue"]) == (expected["ename"], expected["evalue"])
        assert "hrlab" not in "".join(error["traceback"]), "".join(error["traceback"])
        assert len(error["traceback"]) == len(expected["traceback"]), a.source
        (record,) = runs_in(b)
        assert record["status"] == "failed"
