"""The documentation says what the code declares, and its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import hrlab
from scripts import reference
from scripts.check import CHECKS

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]


@pytest.mark.parametrize("page", [*(ROOT / "docs").glob("*.md")], ids=lambda page: page.name)
def test_every_option_command_setting_trait_and_field_is_documented(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert reference.renewed(text) == text, "Run `make docs`."


def test_every_declaration_has_its_place() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert {block[2] for block in reference.BLOCK.finditer(text)} == set(reference.PARTS)


def test_every_public_function_is_documented() -> None:
    text = (ROOT / "docs" / "magics.md").read_text(encoding="utf-8")
    assert [name for name in hrlab.__all__ if f"hrlab.{name}(" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_readme_and_contributing_name_only_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert set(re.findall(r"`?make ([a-z-]+)", text)) <= targets
    for keys in re.findall(r'ONLY="?([a-z -]+)', (ROOT / "CONTRIBUTING.md").read_text()):
        assert set(keys.split()) <= {check.key for check in CHECKS}


def test_every_check_has_a_name_of_its_own() -> None:
    assert len({check.key for check in CHECKS}) == len(CHECKS)
    assert len({check.promise for check in CHECKS}) == len(CHECKS)
