"""What kind of syntax a node is: the few questions about `ast` nodes that every layer asks."""

from __future__ import annotations

import ast

Function = ast.FunctionDef | ast.AsyncFunctionDef
