"""The notebook's front: ``%%hrtime``, ``%hrtime``, the cell hooks and the live line."""
