"""Parses YAML with the line of every value, for messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from hrlab.model.errors import MalformedError

#: Keys and indices leading to a value.
Place: TypeAlias = tuple[str | int, ...]

#: Maximum nesting: pod templates have about ten levels.
MAX_DEPTH = 50


@dataclass(frozen=True, slots=True)
class Located:
    """A JSON value, and where its parts are written.

    Attributes
    ----------
    source
        What people call the place it comes from: a file name, or a trait.
    lines
        Line of the key that leads to a part, counted from 1; empty where there are no lines.
    """

    value: Any
    source: str
    lines: Mapping[Place, int] = field(default_factory=dict)

    def where(self, place: Place) -> str:
        """Return the location of a part, to begin a message: ``profiles.yaml, line 41``."""
        for length in range(len(place), -1, -1):
            if place[:length] in self.lines:
                return f"{self.source}, line {self.lines[place[:length]]}"
        return self.source


def read_yaml(path: Path) -> Located:
    """Parse the file.

    Raises
    ------
    MalformedError
        If it cannot be read, is not YAML, or has a duplicate key.
    """
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None:
            return Located({}, path.name)
        lines: dict[Place, int] = {}
        _walk(node, (), lines, path.name)
        # Dates and sets are not JSON values: they are read as text.
        return Located(_value(node), path.name, lines)
    except OSError as error:
        raise MalformedError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise MalformedError(f"{path.name} is not UTF-8: {error.reason}.") from error
    except yaml.YAMLError as error:
        raise MalformedError(_told(error, path.name)) from error


def _told(error: yaml.YAMLError, name: str) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"{name}, line {mark.line + 1}: {problem}." if mark else f"{name}: {problem}."


def _walk(node: yaml.Node, place: Place, lines: dict[Place, int], name: str) -> None:
    lines.setdefault(place, node.start_mark.line + 1)
    if len(place) > MAX_DEPTH:
        raise MalformedError(f"{name}, line {lines[place]}: nested deeper than {MAX_DEPTH} levels.")
    if isinstance(node, yaml.SequenceNode):
        for i, item in enumerate(node.value):
            _walk(item, (*place, i), lines, name)
    elif isinstance(node, yaml.MappingNode):
        for key, item in node.value:
            inside = (*place, str(key.value))
            line = key.start_mark.line + 1
            if inside in lines:
                raise MalformedError(
                    f"{name}, line {line}: duplicate key {key.value}, first defined in line {lines[inside]}."
                )
            lines[inside] = line
            _walk(item, inside, lines, name)
        # `<<: *other` merges the keys of another mapping; the mapping's own keys take precedence.
        yaml.constructor.SafeConstructor().flatten_mapping(node)
        node.value = list({str(key.value): (key, item) for key, item in node.value}.values())


def _value(node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _value(item) for key, item in node.value}
    constructor = yaml.constructor.SafeConstructor()
    value = constructor.construct_object(node)
    return value if value is None or isinstance(value, (str, bool, int, float)) else node.value
