"""``jupyter hrlab report``."""

from __future__ import annotations

import sys
from pathlib import Path

from hrlab.cli.app import main

PUBLISHED = Path(__file__).parents[2] / "examples" / "published" / "fcc-ee.csv"


def test_published_table_becomes_a_report(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "vl_convert", None)  # drawing has tests of its own
    store, file = ["--store", str(tmp_path / "runs.sqlite")], tmp_path / "report.html"
    assert main([*store, "import", str(PUBLISHED)]) == 0
    main([*store, "list"])
    ids = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert main([*store, "report", *ids, "-o", str(file)]) == 0
    assert "hrlab[report]" in capsys.readouterr().err
    html = file.read_text(encoding="utf-8")
    assert "8.2 times faster than serial on 100 threads" in html
    assert main([*store, "report", "last", "-o", "-", "--redact", "all"]) == 0
    assert capsys.readouterr().out.startswith("<!DOCTYPE html>")
    assert main([*store, "report", "last", "-o", str(tmp_path / "no" / "report.html")]) == 1
