"""The command ``server``: starts the language server."""

from __future__ import annotations

import argparse

from dropout_lint.driver.config import ConfigError


def serve(arguments: argparse.Namespace) -> int:
    """Serve one editor on stdio, or those that connect; returns 0 when the session ends.

    Raises `ConfigError` where the extra is not installed, or the address makes no sense.
    """
    try:
        from dropout_lint.server.language_server import create
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.partition(".")[0] in ("pygls", "lsprotocol"):
            raise ConfigError("the language server needs the extra `lsp`: pip install 'dropout-lint[lsp]'") from None
        raise
    if arguments.tcp is None:
        create().start_io()
        return 0
    host, _, port = arguments.tcp.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise ConfigError(f"--tcp {arguments.tcp!r} is not of the form [HOST:]PORT, such as 127.0.0.1:2087")
    create().start_tcp(host or "127.0.0.1", int(port))
    return 0
