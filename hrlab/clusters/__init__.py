"""How clusters are made, found, watched and closed: one file per kind."""
