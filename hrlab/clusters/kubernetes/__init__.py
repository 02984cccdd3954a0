"""Clusters that the Dask operator runs in Kubernetes."""
