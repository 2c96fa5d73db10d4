"""What the rules find in public code, right and wrong, and how fast.

Run as ``python -m benchmarks.corpus``, ``python -m benchmarks.score`` and ``python -m benchmarks.speed``.
"""
