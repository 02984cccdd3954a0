"""Options of ``%%hrtime`` and commands of ``%hrtime``: the source of parsing, errors, help and reference."""

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
    "on": "time every cell",
    "off": "time only cells with `%%hrtime`",
    "start": "start a run over several cells",
    "stop": "end that run",
    "last": "show the last run",
    "list": "list the most recent runs",
}
#: The command that takes the options of ``%%hrtime``.
WITH_WORDS = "start"


def shown_command(name: str) -> str:
    """Return a command as typed."""
    return f"%hrtime {name}{' [name] [options]' if name == WITH_WORDS else ''}"


@dataclass(frozen=True, slots=True)
class Option:
    """One option: spelling, help, and arguments for argparse."""

    flag: str
    value: str
    help: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The option as typed: ``--events N``."""
        return f"{self.flag} {self.value}".rstrip()


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise argparse.ArgumentTypeError(f"{text!r} does not have the form name=value")
    return key, value


def _number(text: str) -> float:
    try:
        number = float(text.replace("_", ""))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not math.isfinite(number) or number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount: pass a number of 0 or more")
    return number


def _amount(text: str) -> tuple[str, float]:
    key, value = _pair(text)
    return key, _number(value)


def _approach(text: str) -> str:
    known = get_args(Approach)
    if text not in known:
        near = _similar(text, known, 0.6)
        hint = f", did you mean {near}?" if near else ""
        raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(known)}{hint}")
    return text


_REPEATED: Mapping[str, Any] = {"action": "append", "default": []}

OPTIONS: tuple[Option, ...] = (
    Option(
        "--label",
        "NAME=TEXT",
        "label to group and search runs by; repeatable",
        {"type": _pair, **_REPEATED},
    ),
    Option(
        "--workload",
        "NAME=NUMBER",
        "amount of data processed, to derive rates from; repeatable",
        {"type": _amount, **_REPEATED},
    ),
    Option("--events", "N", "short for --workload events=N", {"type": _number}),
    Option("--bytes", "N", "short for --workload bytes=N", {"type": _number}),
    Option("--note", "TEXT", "note stored with the run", {"default": ""}),
    Option(
        "--approach",
        "|".join(get_args(Approach)),
        "where the tasks run (default: detected)",
        {"type": _approach},
    ),
    Option(
        "--quiet", "", "store the run, but display nothing under the cell", {"action": "store_true"}
    ),
)


def listed_options() -> str:
    """List all options in one line, for messages."""
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


@functools.lru_cache(maxsize=64)  # called several times for each cell
def parse(line: str) -> Request:
    """Parse the words after ``%%hrtime``.

    Raises
    ------
    UsageError
        If an option is unknown or a value invalid; the message suggests the nearest option and lists all.
    """
    try:
        words = shlex.split(line)
    except ValueError:
        raise UsageError(
            f"%%hrtime: unclosed quotation mark in `{line.strip()}`. Close it, or write an apostrophe as \\'."
        ) from None
    found, unknown = _PARSER.parse_known_intermixed_args(words)
    if unknown:
        raise UsageError(f"%%hrtime has no option {unknown[0]}{_nearest(unknown[0])} {_remedy()}")
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
    """Return the command of ``%hrtime`` and the rest of the line.

    Raises
    ------
    UsageError
        If the command is unknown, with the nearest one, or has words it does not take.
    """
    word, _, rest = line.strip().partition(" ")
    rest = rest.strip()
    if word not in COMMANDS:
        raise UsageError(_unknown_command(word))
    if rest and word != WITH_WORDS:
        raise UsageError(f"`%hrtime {word}` takes no arguments, but was given `{rest}`.")
    return word, rest


def _unknown_command(word: str) -> str:
    asked = f"%hrtime has no command {word!r}" if word else "%hrtime needs a command"
    near = _similar(word, COMMANDS, 0.6)
    hint = f": did you mean `%hrtime {near}`?" if near else "."
    commands = ", ".join(COMMANDS)
    return f"{asked}{hint} Commands: {commands}. To time a cell, put `%%hrtime` at its top."
