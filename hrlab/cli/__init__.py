"""The ``jupyter hrlab`` command line."""
