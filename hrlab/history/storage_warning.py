"""Tells users of a hub whose runs would go with the container of their server."""

from __future__ import annotations

from pathlib import Path

from hrlab.store.location import MOUNTS, file_system_of, jupyter_data_directory

#: What a container has of its own, by type of file system.
_GOES = {
    "overlay": "on the container's own file system (overlay), which is usually removed with the server's container, "
    "and they with it",
    "tmpfs": "in memory only (tmpfs): they are lost when the server's container or machine stops",
}


def storage_warning(store: Path, mounts: Path = MOUNTS) -> str:
    """Sentences on what would not outlive the server of a hub; empty if everything does, or nothing is known."""
    data = jupyter_data_directory()
    setting = "JUPYTER_DATA_DIR" if store.is_relative_to(data) else "HRLab.store_path"
    for what, path, remedy in (
        ("Runs", store, setting),
        ("Core-hours and usual start times", data / "hrlab", "JUPYTER_DATA_DIR"),
    ):
        if goes := _GOES.get(file_system_of(path, mounts)):
            return (
                f"{what} are kept in {path}, {goes}. To keep them, set {remedy} to a place on a persistent volume, or ask "
                "your admin to."
            )
    return ""
