"""Misuse that readers listed in repositories without seeing the tool's answers: `python -m benchmarks.census`."""
