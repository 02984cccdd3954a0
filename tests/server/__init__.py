"""Tests of hrlab.server."""
