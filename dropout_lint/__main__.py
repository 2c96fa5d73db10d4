"""``python -m dropout_lint`` is the command ``dropout-lint``."""

import sys

from dropout_lint.cli import main

sys.exit(main())
