"""Tests of hrlab.store."""
