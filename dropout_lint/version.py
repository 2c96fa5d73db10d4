"""The version of the tool, in one place: the package metadata, `--version` and the cache all read it here."""

VERSION = "0.1.0"
