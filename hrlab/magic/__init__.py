"""Notebook front end: ``%%hrtime``, ``%hrtime``, cell hooks and live progress."""
