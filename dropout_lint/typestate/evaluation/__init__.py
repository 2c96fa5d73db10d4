"""The abstract interpreter: statements, expressions, names, attributes, calls, imports.

Its parts know the `Evaluator` protocol of `domain` and not each other; `interpreter` puts them together.
"""
