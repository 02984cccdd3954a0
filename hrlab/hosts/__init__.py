"""Hosts of a run: their metrics, and other clusters' workers on them."""
