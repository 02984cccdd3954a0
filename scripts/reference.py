"""Copy what the code declares into the documentation: options, settings, traits, fields of the record.

``python scripts/reference.py`` writes, ``--check`` only says whether something has changed.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import sys
import textwrap
import typing
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"(<!-- (\w+): made by scripts/reference\.py -->\n).*?(<!-- end -->)", re.DOTALL)


def options() -> str:
    """Options of ``%%hrtime``."""
    from hrlab.magic.options import OPTIONS

    rows = [(f"`{_cell(option.shown)}`", option.help) for option in OPTIONS]
    return _table(("option", "what it does"), rows)


def commands() -> str:
    """Commands of ``%hrtime``."""
    from hrlab.magic.options import COMMANDS, shown_command

    rows = [(f"`{shown_command(name)}`", what) for name, what in COMMANDS.items()]
    return _table(("command", "what it does"), rows)


def schemas() -> str:
    """Settings of the front end."""
    rows = []
    for path in sorted((ROOT / "schema").glob("*.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        for setting in schema.get("properties", {}).values():
            default = f"`{json.dumps(setting.get('default'))}`"
            rows.append((schema["title"], setting["title"], setting["description"], default))
    return _table(("plugin", "setting", "what it does", "default"), rows)


def traits() -> str:
    """Traits of the server extension, with their help."""
    from hrlab.server.app import HRLab

    parts = []
    for name, trait in sorted(HRLab.class_own_traits(config=True).items()):
        shown = textwrap.indent(inspect.cleandoc(trait.help), "> ", lambda _: True)
        # A container's own default is made for each object, `default_value` does not tell it.
        default = repr(trait.default(HRLab))
        parts.append(f"**`c.HRLab.{name}`** (default `{default}`)\n\n{shown}\n")
    return "\n".join(parts)


def cli() -> str:
    """Commands of ``jupyter hrlab`` with their options."""
    # ruff: noqa: SLF001 - argparse tells what a parser takes nowhere else
    from hrlab.cli.arguments import parser

    made = parser()
    actions = [action for action in made._actions if action.choices and not action.option_strings]
    commands = typing.cast("dict[str, typing.Any]", actions[0].choices)
    parts = []
    for name, command in commands.items():
        rows = [
            (f"`{_cell(', '.join(action.option_strings) or action.dest)}`", str(action.help))
            for action in command._actions
            if action.dest != "help"
        ]
        parts.append(
            f"### {name}\n\n{command.description}\n\n{_table(('', 'what it means'), rows)}"
        )
    return "\n".join(parts)


def figures() -> str:
    """Figures that follow from a record."""
    from hrlab.model.figures import FORMULAS

    rows = [(label, unit, _cell(formula)) for label, unit, formula in FORMULAS.values()]
    return _table(("figure", "unit", "formula"), rows)


def advice() -> str:
    """Rules of advice."""
    from hrlab.model.advice_rules import THRESHOLDS

    rows = [(f"`{code}`", when) for code, when in THRESHOLDS.items()]
    return _table(("rule", "speaks when"), rows)


def record() -> str:
    """Fields of the record, object by object."""
    from hrlab.model.run import Run

    parts = []
    for kind in _records(Run):
        rows = [
            (f"`{name}`", f"`{_cell(_spelled(hint))}`")
            for name, hint in typing.get_type_hints(kind).items()
        ]
        about = inspect.cleandoc(kind.__doc__ or "").split("\n\nAttributes\n")
        described = f"{about[0]}\n\n{_table(('field', 'type'), rows)}"
        attributes = _attributes(about[1]) if len(about) > 1 else ""
        parts.append(f"### {kind.__name__}\n\n{described}{attributes}")
    return "\n".join(parts)


def _records(kind: Any) -> list[Any]:
    """The dataclass and those inside it, each once, the outer before the inner."""
    found = [kind]
    for hint in typing.get_type_hints(kind).values():
        for inner in _inner(hint):
            found += [one for one in _records(inner) if one not in found]
    return list(dict.fromkeys(found))


def _inner(hint: Any) -> list[Any]:
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return [hint]
    return [one for argument in typing.get_args(hint) for one in _inner(argument)]


def _spelled(hint: Any) -> str:
    """A field's type as JSON has it."""
    arguments = typing.get_args(hint)
    origin = typing.get_origin(hint)
    if origin is typing.Literal:
        return " | ".join(json.dumps(one) for one in arguments)
    inner = [_spelled(one) for one in arguments if one is not Ellipsis]
    if origin is tuple:
        return f"[{', '.join(inner)}{', ...' if Ellipsis in arguments else ''}]"
    if origin is Mapping:
        return f"{{{inner[0]}: {inner[1]}}}"
    if arguments:
        return " | ".join(inner)
    words = {float: "number", int: "integer", str: "text", bool: "true | false", type(None): "null"}
    return words.get(hint) or str(hint.__name__)


def _attributes(section: str) -> str:
    """A NumPy-style section as a list."""
    lines = []
    for name, text in re.findall(r"^(\w[\w, ]*)\n((?: {4}.*\n?)+)", section, re.MULTILINE):
        names = ", ".join(f"`{one.strip()}`" for one in name.split(","))
        lines.append(f"- {names}: {' '.join(text.split())}")
    return "\n" + "\n".join(lines) + "\n" if lines else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


PARTS: Mapping[str, Callable[[], str]] = {
    part.__name__: part
    for part in (options, commands, schemas, traits, cli, record, figures, advice)
}


def renewed(page: str) -> str:
    """`page` with every generated block as it should be now."""
    return BLOCK.sub(lambda block: f"{block[1]}\n{PARTS[block[2]]()}\n{block[3]}", page)


def main(*, check: bool) -> int:
    """Renew the pages, or say which are out of date."""
    stale = []
    for path in sorted((ROOT / "docs").glob("*.md")):
        page = path.read_text(encoding="utf-8")
        if renewed(page) != page:
            stale.append(path.name)
            if not check:
                path.write_text(renewed(page), encoding="utf-8")
    if check and stale:
        print(f"Out of date: {', '.join(stale)}. Run `make docs`.", file=sys.stderr)
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv))
