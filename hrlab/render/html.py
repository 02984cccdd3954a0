"""A run as a self-contained HTML fragment, for viewers without hrlab's renderer.

No script or style sheet: GitHub, nbconvert and mail clients strip or isolate them. Text and lines use the page's own
colour
(``currentColor``), so the fragment works on light and dark pages. It does not use ``prefers-color-scheme``: on a page
that
stays white for a reader who prefers dark, the text would be white. In JupyterLab its theme variables apply, with
fallbacks.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from html import escape

from hrlab.model.run import Group, Run
from hrlab.model.units import (
    counted,
    format_bytes,
    format_count,
    format_duration,
    format_share,
)
from hrlab.render.advice import advice
from hrlab.render.htmltable import BLOCK, html_table
from hrlab.render.palette import NEUTRAL, ON_COLOUR, PHASE_COLOURS, PHASE_PATTERNS
from hrlab.render.words import (
    PHASE_HELP,
    STAGE_HELP,
    Part,
    facts,
    notes,
    outcome,
    phase_parts,
    sentence,
    stage_parts,
)

MOST_GROUPS = 10

# Minimum share of the bar for a label inside a segment.
_LABEL_SHARE = 0.08

_BAR = f"display:flex;height:16px;margin:4px 0;border:1px solid {NEUTRAL};border-radius:2px;overflow:hidden"


def html(run: Run, off: Collection[str] = ()) -> str:
    """Return the run as one ``<div>``: outcome, bar, phases, warnings, and expandable details.

    `off` has the codes of disabled advice.
    """
    return "".join(
        (
            f'<div class="hrlab-Run" style="{BLOCK}">',
            _heading(run),
            _bar(run),
            _phases_in_words(run),
            *(_notice("⚠", note) for note in notes(run)),
            *(_notice("›", line) for line in [advice(run, off)] if line),
            _details(run),
            "</div>",
        )
    )


def _heading(run: Run) -> str:
    sign = "✗ " if run.status in ("failed", "interrupted") else ""
    return (
        f"<div>{sign}<strong>{escape(run.name)}</strong> &nbsp;{escape(outcome(run))}"
        f' <span style="opacity:.75">{escape("".join(f"· {fact} " for fact in facts(run)))}</span></div>'
    )


def _bar(run: Run) -> str:
    parts = phase_parts(run)
    if not parts:
        return ""
    segments = "".join(_segment(part, run.wall_seconds) for part in parts)
    return f'<div role="img" aria-label="{escape(sentence(run))}" style="{_BAR}">{segments}</div>'


def _segment(part: Part, whole: float) -> str:
    share = part.seconds / whole if whole > 0 else 0.0
    shown = f"{part.name} {format_duration(part.seconds)}"
    colour = PHASE_COLOURS[part.name]
    # On a plain background, so that the pattern does not run through the letters.
    plain = f'<span style="background:{colour};padding:0 4px">{part.name}</span>'
    label = plain if share >= _LABEL_SHARE else ""
    style = (
        f"flex:{max(share, 0.001):.6f} 1 0;min-width:3px;background-color:{colour};"
        f"background-image:{PHASE_PATTERNS[part.name]};color:{ON_COLOUR};font-size:11px;line-height:16px;"
        "text-align:center;overflow:hidden;white-space:nowrap"
    )
    title = f"{shown} ({part.seconds:.6f} s, {format_share(share)})"
    return f'<span title="{escape(title)}" style="{style}">{label}</span>'


def _phases_in_words(run: Run) -> str:
    said = " · ".join(
        f"{part.name} <strong>{format_duration(part.seconds)}</strong>" for part in phase_parts(run)
    )
    return f"<div>{said}</div>" if said else ""


def _notice(sign: str, said: str) -> str:
    return f"<div>{sign} {escape(said)}</div>"


def _details(run: Run) -> str:
    tables = _phase_table(run) + _group_table(run.groups)
    if not tables:
        return ""
    return f'<details><summary style="cursor:pointer">Details</summary>{tables}</details>'


def _phase_table(run: Run) -> str:
    rows = []
    for part in phase_parts(run):
        rows.append(_phase_row(part, run.wall_seconds, PHASE_HELP))
        if part.name == "dask":
            rows += [
                _phase_row(stage, run.wall_seconds, STAGE_HELP, "— ") for stage in stage_parts(run)
            ]
    return html_table(("phase", "time", "share", "what it is"), rows, texts=(3,)) if rows else ""


def _phase_row(
    part: Part, whole: float, meanings: Mapping[str, str], indent: str = ""
) -> tuple[str, ...]:
    share = format_share(part.seconds / whole if whole > 0 else None)
    return indent + part.name, format_duration(part.seconds), share, meanings[part.name]


def _group_table(groups: Sequence[Group]) -> str:
    if not groups:
        return ""
    longest_first = sorted(groups, key=lambda group: -group.compute_seconds)
    rows = [
        (
            group.name,
            format_count(group.tasks)
            + (f" ({group.failed_tasks} failed)" if group.failed_tasks else ""),
            format_duration(group.compute_seconds),
            format_duration(group.longest_seconds),
            format_bytes(group.output_bytes),
        )
        for group in longest_first[:MOST_GROUPS]
    ]
    rest = len(groups) - len(rows)
    more = f"<div>and {counted(rest, 'more group')}</div>" if rest else ""
    return html_table(("tasks named", "tasks", "thread time", "longest", "results"), rows) + more
