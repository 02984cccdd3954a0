"""The words of ``%%hrtime`` and ``%hrtime``, declared once: parsing, errors, help and the reference follow from here."""

from __future__ import annotations

import argparse
import functools
import math
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, get_args

from hrlab.model.errors import UsageError
from hrlab.model.run import Approach
from hrlab.timing.request import Request

USAGE = "%%hrtime [name] [options]"

COMMANDS: Mapping[str, str] = {
    "on": "time every cell from now on",
    "off": "time only cells that ask for it",
    "start": "begin one run over several cells",
    "stop": "end that run",
    "last": "show the last run",
    "list": "list the newest runs",
}
#: The command that takes words of its own: those of ``%%hrtime``.
WITH_WORDS = "start"


def shown_command(name: str) -> str:
    """A command as one types it."""
    return f"%hrtime {name}{' [name] [options]' if name == WITH_WORDS else ''}"


@dataclass(frozen=True, slots=True)
class Option:
    """One option: how it is written, what it means, and how argparse is told."""

    flag: str
    value: str
    help: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """As one types it: ``--events N``."""
        return f"{self.flag} {self.value}".rstrip()


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form name=value")
    return key, value


def _number(text: str) -> float:
    try:
        number = float(text.replace("_", ""))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not math.isfinite(number) or number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no amount: give a number from 0 on")
    return number


def _amount(text: str) -> tuple[str, float]:
    key, value = _pair(text)
    return key, _number(value)


def _approach(text: str) -> str:
    known = get_args(Approach)
    if text not in known:
        near = _similar(text, known, 0.6)
        hint = f", did you mean {near}?" if near else ""
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(known)}{hint}")
    return text


_REPEATED: Mapping[str, Any] = {"action": "append", "default": []}

OPTIONS: tuple[Option, ...] = (
    Option(
        "--label",
        "NAME=TEXT",
        "a label by which runs are grouped and found; may be repeated",
        {"type": _pair, **_REPEATED},
    ),
    Option(
        "--workload",
        "NAME=NUMBER",
        "what is processed, from which rates follow; may be repeated",
        {"type": _amount, **_REPEATED},
    ),
    Option("--events", "N", "short for --workload events=N", {"type": _number}),
    Option("--bytes", "N", "short for --workload bytes=N", {"type": _number}),
    Option("--note", "TEXT", "a note kept with the run", {"default": ""}),
    Option(
        "--approach",
        "|".join(get_args(Approach)),
        "where the tasks run, if hrlab should not find it out",
        {"type": _approach},
    ),
    Option("--quiet", "", "keep the run, show nothing under the cell", {"action": "store_true"}),
)


def listed_options() -> str:
    """All options in one line, for messages."""
    return ", ".join(option.shown for option in OPTIONS)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"%%hrtime: {message}. {_remedy()}")


def _remedy() -> str:
    return f"Options: {listed_options()}. `%%hrtime?` explains them."


def _parser() -> _Parser:
    parser = _Parser(prog="%%hrtime", add_help=False, allow_abbrev=False)
    parser.add_argument("name", nargs="*")
    for option in OPTIONS:
        parser.add_argument(option.flag, **option.settings)
    return parser


_PARSER = _parser()


@functools.lru_cache(maxsize=64)  # the transformer and the hooks ask several times for each cell
def parse(line: str) -> Request:
    """What the words after ``%%hrtime`` ask for.

    Raises
    ------
    UsageError
        For an unknown option or an impossible value; names the nearest option and lists all.
    """
    try:
        words = shlex.split(line)
    except ValueError:
        raise UsageError(
            f"%%hrtime: a quotation mark is open in `{line.strip()}`. Close it, or write an apostrophe as \\'."
        ) from None
    found, unknown = _PARSER.parse_known_intermixed_args(words)
    if unknown:
        raise UsageError(f"%%hrtime does not know {unknown[0]}{_nearest(unknown[0])} {_remedy()}")
    workload = dict(found.workload)
    given = {"events": found.events, "bytes": found.bytes}
    workload.update({name: value for name, value in given.items() if value is not None})
    return Request(
        name=" ".join(found.name) or None,
        labels=dict(found.label),
        workload=workload,
        note=found.note,
        approach=found.approach,
        quiet=found.quiet,
    )


def _nearest(word: str) -> str:
    flags = [option.flag for option in OPTIONS]
    near = _similar(word.partition("=")[0], flags, 0.5)
    return f": did you mean {near}?" if near else "."


def _similar(word: str, known: Iterable[str], cutoff: float) -> str | None:
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, list(known), 1, cutoff)), None)


def parse_command(line: str) -> tuple[str, str]:
    """The command of ``%hrtime`` and the rest of its line.

    Raises
    ------
    UsageError
        For a word that is no command, with the nearest one, and for words after a command that takes none.
    """
    word, _, rest = line.strip().partition(" ")
    rest = rest.strip()
    if word not in COMMANDS:
        raise UsageError(_unknown_command(word))
    if rest and word != WITH_WORDS:
        raise UsageError(f"`%hrtime {word}` takes no further words, but was given `{rest}`.")
    return word, rest


def _unknown_command(word: str) -> str:
    asked = f"%hrtime does not know {word!r}" if word else "%hrtime needs a command"
    near = _similar(word, COMMANDS, 0.6)
    hint = f": did you mean `%hrtime {near}`?" if near else "."
    commands = ", ".join(COMMANDS)
    return f"{asked}{hint} Commands: {commands}. To time a cell, put `%%hrtime` at its top."
