"""Renders records as text, HTML and chart specifications. Pure functions, no I/O."""
