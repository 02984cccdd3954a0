"""Print what an extra of hrlab asks for, one requirement a line: installing it must not rebuild hrlab itself."""

from __future__ import annotations

import re
import sys
from importlib.metadata import requires

_SELF = re.compile(r"^hrlab\[([^\]]+)\]")
_MARKER = re.compile(r"""^(?P<what>.*?)\s*;\s*extra\s*==\s*['"](?P<extra>[^'"]+)['"]\s*$""")


def requirements(extra: str) -> set[str]:
    """Requirements of `extra` of the installed hrlab, those of extras that it names included."""
    found: set[str] = set()
    for line in requires("hrlab") or []:
        match = _MARKER.match(line)
        if not match or match["extra"] != extra:
            continue
        if own := _SELF.match(match["what"]):
            for name in own[1].split(","):
                found |= requirements(name.strip())
        else:
            found.add(match["what"])
    return found


if __name__ == "__main__":
    print("\n".join(sorted(requirements(sys.argv[1]))))
