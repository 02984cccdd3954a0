"""What may be done with stored runs: list, edit, import, delete."""
