"""How bodies are read: the same whatever their size, and large ones without holding up the server's event loop."""

from __future__ import annotations

import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlab.model.errors import MalformedError
from hrlab.server import handler
from tests.store.making import golden

PADDING = " " * handler.LARGE_BYTES
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_a_large_body_says_what_a_small_one_says(value):
    text = json.dumps(value)
    assert handler.from_json((PADDING + text).encode()) == handler.from_json(text.encode()) == value


@pytest.mark.parametrize("text", ["", "{", "NaN", "[1, -Infinity]", "[" * 100_000, '"\\x"', "1 2"])
def test_a_large_body_that_is_no_json_is_refused_like_a_small_one(text):
    for padding in ("", PADDING):
        with pytest.raises(MalformedError, match="not valid JSON"):
            handler.from_json((padding + text).encode())
    with pytest.raises(MalformedError, match="not valid JSON"):
        handler.from_json(PADDING.encode() + b"\xff")


@pytest.mark.parametrize("size", ["small", "large"])
async def test_large_bodies_are_read_beside_the_event_loop(ask, monkeypatch, size):
    threads, read = [], handler.from_json
    monkeypatch.setattr(
        handler, "from_json", lambda body: threads.append(threading.current_thread()) or read(body)
    )
    raw = json.dumps({"name": "new"}) + (PADDING if size == "large" else "")
    record = golden().to_dict()
    await ask("PUT", f"runs/{record['id']}", body=record)
    answer = await ask("PATCH", f"runs/{record['id']}", raw=raw)
    assert (answer.status, answer.json["name"]) == (200, "new")
    for path in ("clusters", "campaigns"):
        assert (
            await ask("POST", path, raw="[]" + (PADDING if size == "large" else ""))
        ).status < 500
    assert len(threads) == 3
    assert (threading.main_thread() in threads) == (size == "small")
