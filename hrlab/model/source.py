"""How a run's code is identified and named, so that button and magic runs of the same code match."""

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
#: Comments that are for tools, not for readers.
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
    """Source of a run: cells without their magic line, LF line ends, no trailing white space, joined by a blank line."""
    texts = []
    for cell in cells:
        lines = without_magic(cell).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        texts.append("\n".join(line.rstrip() for line in lines).rstrip())
    return "\n\n".join(texts)


def sha256(source: str) -> str:
    """SHA-256 of the UTF-8 source, hexadecimal. Give it what :func:`normalised` returned."""
    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()


def default_name(cells: Iterable[str]) -> str:
    """Name of a run that was given none: the first telling line of its code.

    A comment or a line of code, whichever comes first. Passed over are lines that many cells begin with and that
    say nothing of what is done: imports, magics, decorators, lines without a word, comments for tools. If there are no
    others, the first of those names the run.
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
    """Lines without white space around them; of an import in parentheses only the first."""
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
    """Body of the compound statement whose first line is ``lines[at]``, without its indentation; None if there is none."""
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
    """How many lines the statement's head takes."""
    try:
        for token in tokenize.generate_tokens(iter(lines).__next__):
            if token.type == tokenize.NEWLINE:
                return token.end[0]
    except (tokenize.TokenError, SyntaxError):
        pass
    return None


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())
