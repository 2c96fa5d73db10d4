"""The language server: findings, fixes and modes in editors.  Needs the extra ``lsp``."""
