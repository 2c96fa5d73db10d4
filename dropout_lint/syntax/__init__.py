"""One file, without torch and without its project: bytes, notebook, text, tree, positions, scopes, `# noqa`, edits.

Nothing here knows what a name means. `outline` is what a text says before it is parsed: its functions, classes and
imports.
"""
