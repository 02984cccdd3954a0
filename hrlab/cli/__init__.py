"""``jupyter hrlab``: runs at the command line."""
