"""Executing a notebook without a browser, with timing."""
