"""Identifies and names the code of runs, so that runs by button and by magic match."""

from __future__ import annotations

import hashlib
import re
import textwrap
import tokenize
from collections.abc import Iterable, Iterator, Sequence

MAGIC = "%%hrtime"
MAX_NAME = 60
NO_NAME = "run"

_IMPORT = re.compile(r"(import|from)\s+[\w.]+")
_DRESSING = re.compile(r"^(#[\s%:#]*|[rRbBuUfF]{0,2}(\"\"\"|'''))|(\"\"\"|''')$")
#: Comments for tools rather than readers.
_FOR_TOOLS = re.compile(r"#!|#\s*(noqa|type:|fmt:|ruff:|pylint:|mypy:|-\*-)", re.IGNORECASE)


def is_magic_line(line: str) -> bool:
    """Whether `line` is a ``%%hrtime`` line (and not, say, ``%%hrtimeit``)."""
    return line.startswith(MAGIC) and line[len(MAGIC) : len(MAGIC) + 1].strip() == ""


def without_magic(cell: str) -> str:
    """The cell without its leading ``%%hrtime`` line, if it has one; blank lines before that line go with it."""
    lines = cell.splitlines(keepends=True)
    for i, line in enumerate(lines):
        if line.strip():
            return "".join(lines[i + 1 :]) if is_magic_line(line.lstrip()) else cell
    return cell


def normalised(cells: Iterable[str]) -> str:
    """Return the normalised source of a run.

    Cells without magic line, LF line ends, no trailing white space, joined by a blank line.
    """
    texts = []
    for cell in cells:
        lines = without_magic(cell).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        texts.append("\n".join(line.rstrip() for line in lines).rstrip())
    return "\n\n".join(texts)


def sha256(source: str) -> str:
    """Return the hexadecimal SHA-256 of the UTF-8 source, as returned by :func:`normalised`."""
    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()


def default_name(cells: Iterable[str]) -> str:
    """Return the name of an unnamed run: the first meaningful line of its code.

    A comment or a line of code, whichever comes first. Skips lines that begin many cells without describing them:
    imports,
    magics, decorators, lines without a word, comments for tools. If there are no others, the first of those is used.
    """
    first = None
    for cell in cells:
        for line in _logical_lines(without_magic(cell)):
            text = _DRESSING.sub("", line).strip()
            first = first or text
            if text and not _says_little(line, text):
                return _cut(text)
    return _cut(first) if first else NO_NAME


def _logical_lines(cell: str) -> Iterator[str]:
    """Yield stripped lines; for an import in parentheses only the first."""
    inside_import = False
    for line in cell.splitlines():
        text = line.strip()
        if inside_import:
            inside_import = ")" not in text
        elif text:
            inside_import = bool(_IMPORT.match(text)) and "(" in text and ")" not in text
            yield text


def _says_little(line: str, text: str) -> bool:
    return (
        line.startswith(("%", "!", "@"))
        or bool(_IMPORT.match(line))
        or bool(_FOR_TOOLS.match(line))
        or not any(char.isalnum() for char in text)
    )


def _cut(text: str) -> str:
    return text if len(text) <= MAX_NAME else text[: MAX_NAME - 1].rstrip() + "…"


def block_body(lines: Sequence[str], at: int) -> str | None:
    """Return the dedented body of the compound statement starting at ``lines[at]``; None if there is none."""
    length = _length_of_statement(lines[at:])
    if not 0 <= at < len(lines) or length is None:
        return None
    outer = _indentation(lines[at])
    body = []
    for line in lines[at + length :]:
        if line.strip() and _indentation(line) <= outer:
            break
        body.append(line)
    return textwrap.dedent("".join(body)).strip("\n") or None


def _length_of_statement(lines: Sequence[str]) -> int | None:
    """Return the number of lines of the statement's head."""
    try:
        for token in tokenize.generate_tokens(iter(lines).__next__):
            if token.type == tokenize.NEWLINE:
                return token.end[0]
    except (tokenize.TokenError, SyntaxError):
        pass
    return None


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())
