"""Comparing runs: groups, differences, tables and charts."""
