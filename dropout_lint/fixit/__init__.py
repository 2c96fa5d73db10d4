"""The rules that are on by default, as lint rules of Fixit 2, each called like its code.  Needs the extra ``fixit``.

[tool.fixit]
enable = ["dropout_lint.fixit"]
"""

from dropout_lint.concrete import fixit_rule
from dropout_lint.lint.registry import all_rules

globals().update({rule.code: fixit_rule.lint_rule(rule, __name__) for rule in all_rules() if rule.on})
