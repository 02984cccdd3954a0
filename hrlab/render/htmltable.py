"""Tables of a self-contained HTML fragment: without a style sheet, each cell carries its style."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from html import escape

BLOCK = (
    "font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:var(--jp-ui-font-size1,13px);"
    "line-height:1.5;color:var(--jp-ui-font-color1,inherit);max-width:60em;margin:4px 0"
)
_TEXT = "padding:1px 12px 1px 0;text-align:left;background:transparent"
_NAME = f"{_TEXT};white-space:nowrap"
_NUMBER = f"{_NAME};text-align:right;font-variant-numeric:tabular-nums"
_TABLE = "border-collapse:collapse;border:0;margin:4px 0 8px;color:inherit;font-size:inherit"


def html_table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    names: Collection[int] = (0,),
    texts: Collection[int] = (),
) -> str:
    """Return rows of text as an HTML table.

    Parameters
    ----------
    names, texts
        Columns of names, which do not wrap, and of texts, which may; the others are numbers.
    """
    styles = [_TEXT if i in texts else _NAME if i in names else _NUMBER for i in range(len(head))]
    titles = "".join(
        f'<th scope="col" style="{style};font-weight:600">{escape(title)}</th>'
        for style, title in zip(styles, head, strict=True)
    )
    body = "".join(
        f'<tr style="background:transparent">{"".join(map(_cell, styles, row))}</tr>'
        for row in rows
    )
    return f'<table style="{_TABLE}"><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>'


def _cell(style: str, said: str) -> str:
    return f'<td style="{style}">{escape(said)}</td>'
