"""Stop a Dask Gateway cluster whose host is dead: ``python stop_gateway.py NAME ARGUMENTS``, the latter as JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

#: Cluster arguments that give the gateway's address and authentication.
GATEWAY = ("address", "proxy_address", "public_address", "auth")


def stop(name: str, arguments: dict[str, Any]) -> None:
    """Stop the cluster through the gateway."""
    from dask_gateway import Gateway

    where = {key: arguments[key] for key in GATEWAY if key in arguments}
    with Gateway(**where) as gateway:
        gateway.stop_cluster(name)


if __name__ == "__main__":
    stop(sys.argv[1], json.loads(sys.argv[2]))
