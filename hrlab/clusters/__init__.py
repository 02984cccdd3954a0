"""Clusters: creation, discovery, monitoring and shutdown, with one backend per kind."""
