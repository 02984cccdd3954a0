"""A run as terminal or log text: a compact block, and the phase table printed by `make demo`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from hrlab.model.run import Run
from hrlab.model.units import counted, format_duration, format_share
from hrlab.render.advice import advice
from hrlab.render.bar import ASCII_FILL, UNICODE_FILL, bar
from hrlab.render.words import Part, facts, notes, one_line, outcome, phase_parts, stage_parts

BAR_WIDTH = 60

_STATUS_SIGN = {"failed": "✗ ", "interrupted": "✗ ", "running": "", "ok": ""}

# Characters of the block beyond ASCII, with their replacements.
_TO_ASCII = str.maketrans(
    {"·": "|", "✗": "x", "⚠": "!", "µ": "u", "−": "-", "±": "+-", "–": "?", "›": ">"}
)


def text(
    run: Run,
    *,
    width: int = BAR_WIDTH,
    ascii_only: bool = False,
    off: Collection[str] = (),
) -> str:
    """Return the run as a block of a few lines, without a trailing line break.

    Parameters
    ----------
    run
        The run to show.
    width
        Characters of the bar.
    ascii_only
        For terminals and logs limited to ASCII; other characters in user texts are escaped.
    off
        Codes of disabled advice.
    """
    used = f"  ({' · '.join(facts(run))})" if facts(run) else ""
    lines = [one_line(f"{_STATUS_SIGN[run.status]}{run.name}  {outcome(run)}{used}")]
    if parts := phase_parts(run):
        lines.append(f"  {bar(parts, width, ASCII_FILL if ascii_only else UNICODE_FILL)}")
        lines.append(f"  {_in_words(parts)}")
    if stages := stage_parts(run):
        lines.append(f"  dask: {_in_words(stages)} in {counted(len(run.loops), 'loop')}")
    lines += [f"  ⚠ {one_line(note)}" for note in notes(run)]
    if line := advice(run, off):
        lines.append(f"  › {line}")
    block = "\n".join(lines)
    return _as_ascii(block) if ascii_only else block


def _in_words(parts: Iterable[Part]) -> str:
    return " · ".join(f"{part.name} {format_duration(part.seconds)}" for part in parts)


def _as_ascii(block: str) -> str:
    return block.translate(_TO_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def phase_table(run: Run) -> str:
    """Phases of the run with their stages and shares, as a table of plain text.

    ============ ============= ======
    phase        time           share
    ============ ============= ======
    """
    rows = [("phase", "time", "share")]
    for part in phase_parts(run):
        rows.append(_row(part, run.wall_seconds))
        if part.name == "dask":
            rows += [
                _row(Part(f"  {stage.name}", stage.seconds), run.wall_seconds)
                for stage in stage_parts(run)
            ]
    rows.append(("total", format_duration(run.wall_seconds), "100 %"))
    lines = aligned(rows)
    rule = "-" * len(lines[0])
    return "\n".join(
        [
            one_line(f"{run.name}: {outcome(run)}"),
            rule,
            lines[0],
            rule,
            *lines[1:-1],
            rule,
            lines[-1],
        ]
    )


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a line for each row: names in the first column, numbers in the others."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            f"{cell:{'>' if i else '<'}{width}}"
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


def _row(part: Part, whole: float) -> tuple[str, str, str]:
    share = part.seconds / whole if whole > 0 else None
    return part.name, format_duration(part.seconds), format_share(share)
