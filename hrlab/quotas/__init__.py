"""Where limits come from: one file per source.

Python puts a package over what its parent calls the same: once anything here is imported, ``hrlab.quotas`` is this module.
So that :func:`hrlab.quotas` stays what users know, the module can be called, and then is that function.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

#: The parent's, which is loaded before and not yet covered.
_FUNCTION: Any = sys.modules["hrlab"].quotas


class _AlsoFunction(ModuleType):
    def __call__(self) -> Any:
        return _FUNCTION()


sys.modules[__name__].__class__ = _AlsoFunction
