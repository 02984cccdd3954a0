"""Kubernetes clusters, run by the Dask operator."""
