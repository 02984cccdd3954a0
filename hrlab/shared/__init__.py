"""Foundations that several features use: files, YAML with line numbers, HTTP."""
