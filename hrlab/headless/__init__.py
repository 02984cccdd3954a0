"""Headless execution of notebooks with timing."""
