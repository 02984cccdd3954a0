"""Tests of hrlab.services."""
