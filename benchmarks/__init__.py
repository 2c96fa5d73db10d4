"""What the rules find in public code, right and wrong, and how fast; run as ``python -m benchmarks.corpus|score|speed``."""
