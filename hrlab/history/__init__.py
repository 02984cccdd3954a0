"""Operations on stored runs: list, edit, import, delete."""
