"""Advice in code: from the store on a laptop, from the Jupyter server where there is one."""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import hrlab
from hrlab.api.advise import Advised
from hrlab.api.jupyter_server import ParentServer
from hrlab.history.service import RunService
from hrlab.model.errors import InvalidRequestError, MalformedError, NotFoundError, UsageError
from hrlab.model.run import Run
from hrlab.model.wire import encode
from hrlab.sizing.constraints import any_shape
from hrlab.sizing.service import question_from
from hrlab.store.sqlite import RunStore
from tests.sizing.runs import timed


@pytest.fixture
def store(tmp_path, monkeypatch):
    """The user's store, with runs on 1, 2 and 4 threads; no Jupyter server."""
    for name in ("JPY_PARENT_PID", "JUPYTERHUB_SERVICE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HRLAB_STORE", str(tmp_path / "runs.sqlite"))
    store = RunStore.open()
    for threads in (1, 2, 4):
        store.save(timed(threads, 100.0 / threads + threads, name="Zee"))
    yield store
    store.close()


def test_without_a_server_it_is_worked_out_from_the_store(store):
    advice = hrlab.advise("last", finish_within_seconds=45)
    assert isinstance(advice, Advised)
    assert len(advice.evidence) == 3
    assert advice.wall_seconds.expected <= 45
    assert hrlab.advise(name="Zee").evidence == hrlab.advise(code_sha256="sha").evidence


def test_runs_may_be_records_ids_or_beginnings_of_them(store):
    run = Run.from_dict(store.get(timed(4, 1).id))
    for runs in (run, run.id, [run, timed(2, 1).id], run.id[:32]):
        assert run.id in hrlab.advise(runs).evidence
    with pytest.raises(UsageError, match="or 'last', not 5"):
        hrlab.advise([5])
    with pytest.raises(NotFoundError):
        hrlab.advise("f" * 31)


def test_what_it_answers_reads_as_a_sentence_and_a_table(store):
    words = repr(hrlab.advise("last", efficiency=0.5))
    assert words.startswith(f"{hrlab.advise('last', efficiency=0.5).workers} workers: about ")
    assert "core hours" in words
    assert "From 3 runs, by the Universal Scalability Law" in words


def test_in_a_notebook_it_shows_words_and_chart(store):
    pytest.importorskip("ipykernel")
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(history_load_length=0, colors="nocolor")
    shell.history_manager.enabled = False
    try:
        with capture_output() as seen:
            shell.run_cell("import hrlab; hrlab.advise(name='Zee')")
    finally:
        shell.history_manager.end_session()
        shell.restore_sys_module_state()
        InteractiveShell.clear_instance()
    words, chart = (output.data for output in seen.outputs)
    assert "core hours" in words["text/plain"]
    spec = chart["application/vnd.vegalite.v5+json"]
    assert "recommended" in spec["description"]


@pytest.mark.parametrize(
    ("asked", "kind", "words"),
    [
        ({"finish_within_seconds": 5, "efficiency": 0.5}, MalformedError, "exactly one of"),
        ({"efficiency": float("nan")}, InvalidRequestError, "must be a number"),
        ({"core_hours": -1}, InvalidRequestError, "above 0"),
        ({"name": "Zee", "code_sha256": "sha"}, MalformedError, "exactly one of"),
        ({"name": "Zee", "profile": "local"}, UsageError, "known only to a Jupyter server"),
        ({"name": "nothing"}, NotFoundError, "no run of 'nothing'"),
        ({"name": "Zee", "workload": {"events": 5}}, InvalidRequestError, "workload"),
    ],
)
def test_what_can_not_be_asked_is_told(store, asked, kind, words):
    with pytest.raises(kind, match=words):
        hrlab.advise(**asked)


def test_without_scipy_and_without_a_server_it_says_so(store, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(UsageError, match=r"scipy is not installed.*Install scipy here"):
        hrlab.advise(name="Zee")


class Answering(BaseHTTPRequestHandler):
    """A server that answers with what the real service says."""

    asked: dict | None = None

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).asked = {"path": self.path, "key": self.headers["Authorization"], **body}
        with_store = RunStore.open()
        try:
            advice = RunService(with_store).advise(question_from(body), any_shape)
            status, answer = 200, {**encode(advice), "chart": {"spec": {}}}
        except NotFoundError as error:
            told = {"code": error.code, "message": error.message, "detail": {}}
            status, answer = 404, {"error": told}
        finally:
            with_store.close()
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *args):
        pass


@pytest.fixture
def answering(monkeypatch):
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        parent = ParentServer(f"http://127.0.0.1:{server.server_port}/a/", "t")
        monkeypatch.setattr("hrlab.api.advise.find_parent_server", lambda: parent)
        yield
        server.shutdown()
        thread.join()


def test_a_jupyter_server_is_asked_where_there_is_one(store, answering):
    advice = hrlab.advise(timed(4, 1).id, efficiency=0.5)
    assert Answering.asked == {
        "path": "/a/hrlab/api/sizing",
        "key": "token t",
        "runs": [timed(4, 1).id],
        "goal": {"efficiency": 0.5},
    }
    assert advice.workers >= 1
    assert advice.curve
    assert all(isinstance(point, tuple) for point in advice.curve)


def test_what_the_server_refuses_is_told_as_if_found_here(store, answering):
    with pytest.raises(NotFoundError, match="no run of 'nothing'"):
        hrlab.advise(name="nothing")
