"""Text of ``%%hrtime?`` and ``%hrtime?``."""

from __future__ import annotations

from collections.abc import Iterable

from hrlab.magic.options import COMMANDS, OPTIONS, USAGE, shown_command

_HEAD = f"""Time a cell and split its wall time into pre-dask, dask and post-dask.

    {USAGE}

The line goes at the top of a cell, which otherwise runs as usual. The run is stored and displayed under the cell.
Without a name, the run is named after the first comment of the cell, or else its first line that is not an import."""

_TAIL = """Examples:

    %%hrtime Zee --label sample=Zee_240 --events 1e6
    %%hrtime "two words" --workload variations=100 --note "warm cluster"

In code: `with hrlab.timed("name"):`, `with hrlab.phase("stage-out"):`, `hrlab.last_run()`."""


def help_text() -> str:
    """Return the help of both magics: options, commands and examples."""
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
