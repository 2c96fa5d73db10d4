"""Every rule, one in each file, found by `dropout_lint.lint.registry`; imported as `dropout_lint.rules` and as nothing
else.
"""

from __future__ import annotations

if __name__ != "dropout_lint.rules":
    # Under a second name, every rule would exist twice, and `rules` belongs to another distribution.
    raise ImportError(f"import this package as `dropout_lint.rules`, not as `{__name__}`")
