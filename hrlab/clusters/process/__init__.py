"""Clusters whose scheduler runs in a daemon on the Jupyter server's machine: local, batch, gateway."""
