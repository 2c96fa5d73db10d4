"""Finds and fetches files on the package index that pip is set up to use.

``pip download`` itself would build every sdist for its metadata, and install what that build wants first, gigabytes of
it; all that is wanted here is one file, known by its name and checksum.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import html.parser
import json
import os
import re
import ssl
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PUBLIC = "https://pypi.org/simple"
_ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
_BLOCK = 1 << 20  # bytes
_PATIENCE = 180  # seconds without a byte


class FetchError(Exception):
    """A file that is not on the index, cannot be reached, or is another one than was pinned."""


@dataclass(frozen=True, slots=True)
class Index:
    """A package index as PEP 503 and PEP 691 describe them."""

    url: str = _PUBLIC
    certificates: str | None = None  # a file; None: what the system trusts

    def locate(self, name: str, file: str) -> str:
        """The URL of ``file`` of the project ``name``.  Raises `FetchError`."""
        page = f"{self.url.rstrip('/')}/{re.sub(r'[-_.]+', '-', name).lower()}/"
        with self._open(page) as response:
            kind, text = response.headers.get_content_type(), response.read().decode("utf-8")
            links = links_of(kind, text)
            page = str(response.url)
        if file not in links:
            raise FetchError(f"{file} is not among the {len(links)} files at {_public(page)}")
        return urllib.parse.urljoin(page, links[file])

    def fetch(self, url: str, target: Path, sha256: str) -> None:
        """Write what is at ``url`` to ``target`` and compare its SHA-256.  Raises `FetchError`."""
        digest = hashlib.sha256()
        with self._open(url) as response, target.open("wb") as out:
            while block := response.read(_BLOCK):
                digest.update(block)
                out.write(block)
        if digest.hexdigest() != sha256:
            target.unlink()
            raise FetchError(f"{_public(url)}: its SHA-256 is {digest.hexdigest()}, and {sha256} was pinned")

    def _open(self, url: str) -> Any:
        plain, headers = _without_credentials(url)
        headers |= {"Accept": _ACCEPT, "User-Agent": "dropout-lint benchmarks"}
        request = urllib.request.Request(plain, headers=headers)
        context = ssl.create_default_context(cafile=self.certificates)
        try:
            return urllib.request.urlopen(request, timeout=_PATIENCE, context=context)
        except (urllib.error.URLError, OSError) as error:
            raise FetchError(f"{_public(url)}: {error}") from error


def configured() -> Index:
    """The index that pip would use, with pip's certificates."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listing = subprocess.run(command, capture_output=True, text=True, check=False)
    settings = pip_settings(listing.stdout if listing.returncode == 0 else "")
    return Index(
        os.environ.get("PIP_INDEX_URL") or settings.get("index-url", _PUBLIC),
        os.environ.get("PIP_CERT") or settings.get("cert"),
    )


def pip_settings(listing: str) -> Mapping[str, str]:
    """What ``pip config list`` says holds for downloads: that command's own section before the global one."""
    found: dict[str, str] = {}
    for section in ("global", "download", ":env:"):
        for line in listing.splitlines():
            key, equals, value = line.partition("=")
            if equals and key.startswith(f"{section}."):
                found[key.removeprefix(f"{section}.")] = str(ast.literal_eval(value))
    return found


def links_of(kind: str, text: str) -> Mapping[str, str]:
    """File names and their URLs, from an index page of the media type ``kind``."""
    if kind.endswith("json"):
        return {str(file["filename"]): str(file["url"]) for file in json.loads(text)["files"]}
    parser = _Anchors()
    parser.feed(text)
    return parser.links


class _Anchors(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = dict(attrs).get("href") if tag == "a" else None
        if target:
            path = urllib.parse.urlsplit(target).path
            self.links[urllib.parse.unquote(path.rpartition("/")[2])] = target


def _without_credentials(url: str) -> tuple[str, dict[str, str]]:
    """``url`` as urllib understands it, and the header for the name and password that were in it."""
    parts = urllib.parse.urlsplit(url)
    if parts.username is None:
        return url, {}
    plain = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    secret = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
    return plain, {"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()}


def _public(url: str) -> str:
    """``url`` as a message may show it."""
    return _without_credentials(url)[0]
