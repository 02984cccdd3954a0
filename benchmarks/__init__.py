"""What the budget in DESIGN.md says, measured: ``python -m benchmarks [--quick] [name ...]``.

One file per measurement, each with ``measure(quick) -> list[Row]``; see :mod:`benchmarks.row`.
"""
