"""What ``%%hrtime?`` and ``%hrtime?`` show."""

from __future__ import annotations

from collections.abc import Iterable

from hrlab.magic.options import COMMANDS, OPTIONS, USAGE, shown_command

_HEAD = f"""Time a cell and split its wall time into pre-dask, dask and post-dask.

    {USAGE}

The line stands at the top of a cell, which then runs as it does without it. The run is kept and shown under the
cell. Without a name, it is named by the cell's first telling line: a comment, or else code that is no import."""

_TAIL = """Examples:

    %%hrtime Zee --label sample=Zee_240 --events 1e6
    %%hrtime "two words" --workload variations=100 --note "warm cluster"

In code: `with hrlab.timed("name"):`, `with hrlab.phase("stage-out"):`, `hrlab.last_run()`."""


def help_text() -> str:
    """Help for both magics: options, commands, examples."""
    options = _table((option.shown, option.help) for option in OPTIONS)
    commands = _table((shown_command(name), text) for name, text in COMMANDS.items())
    return f"{_HEAD}\n\nOptions:\n\n{options}\n\nCommands:\n\n{commands}\n\n{_TAIL}\n"


def _table(rows: Iterable[tuple[str, str]]) -> str:
    kept = list(rows)
    width = max(len(left) for left, _ in kept if len(left) <= 32)
    return "\n".join(
        f"    {left:<{width}}  {right}"
        if len(left) <= width
        else f"    {left}\n    {'':<{width}}  {right}"
        for left, right in kept
    )
