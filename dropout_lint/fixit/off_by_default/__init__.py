"""The other rules as lint rules of Fixit 2: ``enable = ["dropout_lint.fixit.off_by_default:DRP207"]``."""

from dropout_lint.concrete import fixit_rule
from dropout_lint.lint.registry import all_rules

globals().update({rule.code: fixit_rule.lint_rule(rule, __name__) for rule in all_rules() if not rule.on})
