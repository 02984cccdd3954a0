"""Helpers used by several features: files, YAML with line numbers, HTTP."""
