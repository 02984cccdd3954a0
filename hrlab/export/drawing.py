"""Draws charts from standard input (JSON: name -> Vega-Lite) to standard output (JSON: name -> SVG)."""

from __future__ import annotations

import json
import sys


def main() -> None:
    """Draw with the newest Vega-Lite 5 of the installed vl-convert; nothing is loaded from the network."""
    import vl_convert

    known = [version for version in vl_convert.get_vegalite_versions() if version.startswith("5.")]
    newest = max(known, key=lambda version: [int(part) for part in version.split(".")])
    specs = json.load(sys.stdin)
    drawn = {
        name: vl_convert.vegalite_to_svg(spec, vl_version=newest, allowed_base_urls=[])
        for name, spec in specs.items()
    }
    json.dump(drawn, sys.stdout)


if __name__ == "__main__":
    main()
