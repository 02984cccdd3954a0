"""Storage: by the file system, or by what lies in an area."""

from __future__ import annotations

import os

from hrlab.quota.sources.storage import StorageQuotas


async def one(areas, **more):
    (found,) = await StorageQuotas(areas, lambda: 7.0, **more).quotas()
    return found


async def test_without_a_limit_the_file_system_says(tmp_path):
    found = await one({str(tmp_path): ""})
    stat = os.statvfs(tmp_path)
    assert 0 < found.used < found.limit <= stat.f_blocks * stat.f_frsize
    assert (found.resource, found.label, found.profiles) == ("storage", str(tmp_path), ())


async def test_an_area_within_a_larger_file_system_is_counted_and_links_are_not_followed(tmp_path):
    area = tmp_path / "home"
    (area / "deep").mkdir(parents=True)
    (area / "deep" / "data").write_bytes(os.urandom(900_000))
    (tmp_path / "elsewhere").write_bytes(os.urandom(900_000))
    (area / "link").symlink_to(tmp_path)
    found = await one({str(area): "1 MiB"})
    assert 900_000 <= found.used < 1_048_576
    assert found.limit == 1_048_576
    assert found.note.startswith(f"{100 * found.used // found.limit} % used. Delete")
    assert (await one({str(area): "1 GiB"})).note == ""


async def test_too_many_files_are_unknown_and_not_zero(tmp_path):
    times = iter([0.0, 100.0])
    found = await one({str(tmp_path): "1 MiB"}, monotonic=lambda: next(times))
    assert (found.used, found.available) == ("unknown", "unknown")
    assert "Too many files" in found.error


async def test_areas_that_are_not_there_are_left_out_and_variables_filled(tmp_path, monkeypatch):
    monkeypatch.setenv("AREA", str(tmp_path))
    found = await one({"/nowhere/at/all": "", "$AREA": ""})
    assert found.label == str(tmp_path)
