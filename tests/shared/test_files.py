from __future__ import annotations

import os
import stat

import pytest

from hrlab.shared.files import create_file, replace_file


@pytest.mark.parametrize("durable", [False, True])
def test_a_file_is_replaced_whole_for_its_owner_only(tmp_path, durable):
    path = tmp_path / "state.json"
    for text in ("first", "the second, longer"):
        replace_file(path, text, durable=durable)
        assert path.read_text() == text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_can_not_be_written_leaves_the_old_one_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "state.json"
    replace_file(path, "old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace_file(path, "new", durable=True)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("has_links", [True, False])
def test_a_file_that_is_there_is_not_created_again(tmp_path, monkeypatch, has_links):
    def no_links(*_):
        raise PermissionError(1, "Operation not permitted")

    if not has_links:
        monkeypatch.setattr(os, "link", no_links)
    path = tmp_path / "key"
    create_file(path, "first")
    create_file(path, "second")
    assert path.read_text() == "first"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]
