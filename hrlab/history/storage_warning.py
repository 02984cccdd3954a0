"""Warns users of a hub whose runs are stored in their server's container."""

from __future__ import annotations

from pathlib import Path

from hrlab.store.location import MOUNTS, file_system_of, jupyter_data_directory

#: Ephemeral file systems of a container, by type.
_GOES = {
    "overlay": "on the container's own file system (overlay), which is usually deleted with the server's container, "
    "including its files",
    "tmpfs": "in memory (tmpfs): they are lost when the server's container or machine stops",
}


def storage_warning(store: Path, mounts: Path = MOUNTS) -> str:
    """Warn of data that would not survive a hub's server; empty if all data is persistent or nothing is known."""
    data = jupyter_data_directory()
    setting = "JUPYTER_DATA_DIR" if store.is_relative_to(data) else "HRLab.store_path"
    for what, path, remedy in (
        ("Runs", store, setting),
        ("Core-hours and usual start times", data / "hrlab", "JUPYTER_DATA_DIR"),
    ):
        if goes := _GOES.get(file_system_of(path, mounts)):
            return (
                f"{what} are stored in {path}, {goes}. To keep them, set {remedy} to a path on a persistent volume, or ask "
                "your administrator to."
            )
    return ""
