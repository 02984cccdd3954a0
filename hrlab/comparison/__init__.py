"""Comparison of runs: groups, differences, tables and charts."""
