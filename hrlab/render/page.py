"""A self-contained HTML page: opens from an attachment, prints, and has no scripts or external resources."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

#: Forbids scripts and external resources, which the page does not have.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

# Charts may overflow: their labels were measured with another font than the reader's.
_STYLE = """
:root{color-scheme:light}
body{font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;color:#1b1b1b;background:#fff;
max-width:60em;margin:2em auto;padding:0 1em}
h1{font-size:22px;line-height:1.3;margin:0 0 .3em}
h2{font-size:17px;margin:2em 0 .4em;border-bottom:1px solid #ccc}
h3{font-size:14px;margin:1.4em 0 .3em}
p,ul{margin:.4em 0}
.quiet,footer{color:#595959;font-size:12px}
footer{margin-top:3em;border-top:1px solid #ccc}
figure{margin:1em 0}
figcaption{font-weight:600}
figure svg{max-width:100%;height:auto;display:block;overflow:visible}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:13px;margin:.4em 0}
th,td{padding:2px 12px 2px 0;text-align:left;vertical-align:top}
th{border-bottom:1px solid #999}
td+td,th+th{font-variant-numeric:tabular-nums}
table.numbers td+td,table.numbers th+th{text-align:right}
table.numbers td+td{white-space:nowrap}
td,tbody th{border-bottom:1px solid #e5e5e5}
td{overflow-wrap:anywhere}
td:nth-child(-n+2){min-width:5.5em}
.hrlab-Run td:first-child{white-space:normal!important}
pre{font:12px/1.4 ui-monospace,"DejaVu Sans Mono",monospace;background:#f6f6f6;padding:.6em;white-space:pre-wrap;
overflow-wrap:anywhere}
@page{margin:15mm}
@media print{
body{max-width:none;margin:0;padding:0;font-size:11px}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
figure,table,pre.short,.hrlab-Run{break-inside:avoid}
h2,h3,figcaption{break-after:avoid}
footer{margin-top:1em}
section.run{break-before:page}
section.run:first-of-type{break-before:auto}
.wide{overflow:visible}
}
""".strip()


def page(title: str, sections: Iterable[str], made: str) -> str:
    """Return the document; `sections` are HTML, `made` is a text on when and by what it was generated."""
    return "".join(
        (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n",
            "\n".join(sections),
            f"\n<footer>{escape(made)}</footer>\n</body>\n</html>\n",
        )
    )


def table(rows: Sequence[Sequence[str]], *, numbers: bool = True) -> str:
    """Return a table of text, head first; `numbers` right-aligns all but the first column."""
    head, *body = rows
    cells = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    lines = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>\n" for row in body
    )
    kind = ' class="numbers"' if numbers else ""
    return (
        f'<div class="wide"><table{kind}><thead><tr>{cells}</tr></thead>\n'
        f"<tbody>{lines}</tbody></table></div>"
    )


def facts_table(pairs: Iterable[tuple[str, str]]) -> str:
    """Return a table of the known names and values."""
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>\n'
        for name, value in pairs
        if value
    )
    return f"<table><tbody>{rows}</tbody></table>" if rows else ""


def figure(title: str, svg: str) -> str:
    """Return a chart with its title; `svg` is an SVG element."""
    return f"<figure><figcaption>{escape(title)}</figcaption>{svg}</figure>"


def bullets(lines: Iterable[str]) -> str:
    """Return a list of sentences."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""
