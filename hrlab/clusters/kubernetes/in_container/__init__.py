"""Programs that run in containers of the user's image, sent as text: hrlab need not be installed there."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path

_HERE = Path(__file__).parent


def packed(name: str) -> str:
    """A program of this package on one line of Python, which shells and job scripts pass on unharmed."""
    text = base64.b64encode(zlib.compress((_HERE / f"{name}.py").read_bytes(), 9)).decode()
    return f'import base64,zlib;exec(zlib.decompress(base64.b64decode("{text}")))'
