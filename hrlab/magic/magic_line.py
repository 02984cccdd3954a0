"""The ``%%hrtime`` line at the top of a cell: how it is found, and how it is taken away.

Taken away it is by an input transformer, so that what IPython then runs is an ordinary cell: last expression, `await`,
other cell magics, expansion and traceback are as without it.
"""

from __future__ import annotations

from typing import Any

from IPython.core.inputtransformer2 import leading_indent

from hrlab.magic.options import parse
from hrlab.model.errors import UsageError
from hrlab.model.source import MAGIC, is_magic_line


def take_magic_line(lines: list[str]) -> list[str]:
    """Input transformer: the cell without its leading ``%%hrtime`` line.

    An empty line takes its place, so that line numbers in tracebacks hold, unless another cell magic follows, which
    must come first. A line that can't be parsed stays: then the magic itself says what is wrong, and nothing runs.
    """
    at = _first(lines)
    if at is None or _words(lines[at]) is None:
        return lines
    rest = lines[at + 1 :]
    following = _first(rest)
    if following is None:
        return ["\n"]
    # IPython has done this to the cell, in vain if our line was not indented.
    dedent: Any = leading_indent
    code: list[str] = dedent(rest[following:])
    return code if code[0].startswith("%%") else [*lines[:at], "\n", *rest[:following], *code]


def magic_words(shell: Any, cell: str | None) -> str | None:
    """The words after a leading ``%%hrtime`` that parse; None if `cell` has no such line.

    The line is looked for where the transformer sees it: after IPython has taken away blank lines, indentation and
    pasted prompts.
    """
    lines = (cell or "").splitlines(keepends=True)
    for transform in shell.input_transformers_cleanup:
        if transform is take_magic_line:
            break
        lines = transform(lines)
    at = _first(lines)
    return None if at is None else _words(lines[at])


def only_commands(cell: str | None) -> bool:
    """Whether there is nothing in `cell` to be timed: no code, or only ``%hrtime`` commands."""
    texts = (line.strip() for line in (cell or "").splitlines())
    return all(
        not text or text.startswith("#") or text.partition(" ")[0] == "%hrtime" for text in texts
    )


def is_below_another(cell: str | None) -> bool:
    """Whether there is a ``%%hrtime`` line directly below another cell magic, most of which never let us see it."""
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
