"""What MkDocs calls: adds the generated pages, and lets links lead to pages of the site.

The playground is part of it if the environment variable PLAYGROUND names the folder that `make playground` filled.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from website import pages

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

_STYLE = """\
/* Wide tables scroll, and code in their cells is not broken. */
.md-typeset table:not([class]) { font-size: .68rem; }
.md-typeset table:not([class]) th { min-width: 0; }
.md-typeset table:not([class]) code { word-break: normal; }
"""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the rules in the navigation, and the playground behind the first page."""
    rules = {"Rules": pages.rule_navigation()}
    entries = [rules if entry == {"Rules": "RULES"} else entry for entry in config.nav or []]
    if "PLAYGROUND" in os.environ:
        entries.insert(1, {"Playground": "playground.md"})
    config.nav = entries
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    from mkdocs.structure.files import File

    for target, (source, text) in pages.generated().items():
        files.append(File.generated(config, target, content=pages.on_site(text, source, target)))
    if "PLAYGROUND" in os.environ:
        text = (pages.ROOT / "website" / "playground" / "page.md").read_text("utf-8")
        files.append(File.generated(config, "playground.md", content=text))
    files.append(File.generated(config, "stylesheets/site.css", content=_STYLE))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Mend the links of what comes from docs/; the generated pages have theirs."""
    if page.file.generated_by is not None:
        return markdown
    return pages.on_site(markdown, f"docs/{page.file.src_uri}", page.file.src_uri)


def on_post_build(config: MkDocsConfig) -> None:
    """Put the playground's files beside its page."""
    if "PLAYGROUND" in os.environ:
        shutil.copytree(os.environ["PLAYGROUND"], Path(config.site_dir) / "playground", dirs_exist_ok=True)
