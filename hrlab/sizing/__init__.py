"""Cluster size recommendations: scaling laws fitted to runs, and the resulting advice."""
