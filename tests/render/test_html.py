"""A run as an HTML fragment."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from hrlab.model.run import Run
from hrlab.render.html import html
from hrlab.render.palette import PHASE_COLOURS, PHASE_PATTERNS
from tests.render.runs import all_golden, golden, hostile

VOID = {"br", "hr", "img"}


class Reader(HTMLParser):
    """Tags, attributes and text; fails on a tag that is not closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("run", [*all_golden(), hostile()], ids=lambda run: run.id[:4])
def test_fragment_is_well_formed_and_self_contained(run: Run) -> None:
    page = Reader(html(run))
    assert not {"script", "link", "style", "iframe", "img", "form"} & set(page.tags)
    assert not any(name.startswith("on") or name in ("src", "href") for name, _ in page.attributes)


def test_what_users_write_is_shown_as_text() -> None:
    page = Reader(html(hostile()))
    assert "<script>" not in html(hostile())
    assert any('<script>alert("x")</script>' in text for text in page.text)


def test_numbers_and_warnings_of_the_run_are_said() -> None:
    said = " ".join(Reader(html(golden())).text)
    for part in ("Zee 100 variations", "2 min 17 s", "980 tasks (1 failed)", "9.80 s", "histogram"):
        assert part in said
    assert "2 tasks were still unfinished" in said


def test_segments_are_told_apart_without_colour() -> None:
    page = html(golden())
    assert all(PHASE_PATTERNS[phase] in page for phase in PHASE_COLOURS)
    assert len(set(PHASE_PATTERNS.values())) == len(PHASE_COLOURS)


def test_screen_readers_get_one_sentence() -> None:
    labels = [value for name, value in Reader(html(golden())).attributes if name == "aria-label"]
    assert len(labels) == 1
    assert labels[0] is not None
    assert labels[0].startswith("Zee 100 variations: 2 min 17 s: pre 4.10 s, dask 2 min 2 s")


def test_text_takes_the_colour_of_the_page() -> None:
    """White text on a page that stays white for a reader who prefers dark would be lost."""
    assert "prefers-color-scheme" not in html(golden())
    assert "color:var(--jp-ui-font-color1,inherit)" in html(golden())


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", PHASE_COLOURS.values())
def test_labels_are_readable_on_their_segment(colour: str) -> None:
    assert (luminance(colour) + 0.05) / (luminance("#111111") + 0.05) >= 4.5
