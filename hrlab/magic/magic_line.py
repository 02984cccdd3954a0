"""Finds and removes the ``%%hrtime`` line at the top of a cell.

An input transformer removes it, so that IPython executes an ordinary cell: last expression, `await`, other cell magics,
expansion and tracebacks behave as without the line.
"""

from __future__ import annotations

from typing import Any

from IPython.core.inputtransformer2 import leading_indent

from hrlab.magic.options import parse
from hrlab.model.errors import UsageError
from hrlab.model.source import MAGIC, is_magic_line


def take_magic_line(lines: list[str]) -> list[str]:
    """Input transformer: remove the leading ``%%hrtime`` line of a cell.

    An empty line replaces it to keep line numbers in tracebacks, unless another cell magic follows, which must come
    first. A
    line that cannot be parsed is kept: the magic then reports the error, and the cell is not executed.
    """
    at = _first(lines)
    if at is None or _words(lines[at]) is None:
        return lines
    rest = lines[at + 1 :]
    following = _first(rest)
    if following is None:
        return ["\n"]
    # IPython has already done this, but without effect if only our line was not indented.
    dedent: Any = leading_indent
    code: list[str] = dedent(rest[following:])
    return code if code[0].startswith("%%") else [*lines[:at], "\n", *rest[:following], *code]


def magic_words(shell: Any, cell: str | None) -> str | None:
    """Return the words after a leading ``%%hrtime`` that can be parsed; None if `cell` has no such line.

    The line is searched where the transformer sees it: after IPython removed blank lines, indentation and pasted
    prompts.
    """
    lines = (cell or "").splitlines(keepends=True)
    for transform in shell.input_transformers_cleanup:
        if transform is take_magic_line:
            break
        lines = transform(lines)
    at = _first(lines)
    return None if at is None else _words(lines[at])


def only_commands(cell: str | None) -> bool:
    """Whether `cell` has nothing to time: no code, or only ``%hrtime`` commands."""
    texts = (line.strip() for line in (cell or "").splitlines())
    return all(
        not text or text.startswith("#") or text.partition(" ")[0] == "%hrtime" for text in texts
    )


def is_below_another(cell: str | None) -> bool:
    """Whether a ``%%hrtime`` line is directly below another cell magic, most of which hide it from hrlab."""
    lines = [line for line in (cell or "").splitlines() if line.strip()]
    return len(lines) > 1 and lines[0].lstrip().startswith("%%") and is_magic_line(lines[1])


def _first(lines: list[str]) -> int | None:
    return next((i for i, line in enumerate(lines) if line.strip()), None)


def _words(line: str) -> str | None:
    if not is_magic_line(line):
        return None
    words = line[len(MAGIC) :]
    try:
        parse(words)
    except UsageError:
        return None
    return words
