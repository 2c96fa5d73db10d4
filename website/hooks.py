"""What MkDocs calls: adds the generated pages, and lets links lead to pages of the site."""

from __future__ import annotations

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
    """Put the rules in the navigation."""
    config.nav = [
        {"Rules": pages.rule_navigation()} if entry == {"Rules": "RULES"} else entry for entry in config.nav or []
    ]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    from mkdocs.structure.files import File

    for target, (source, text) in pages.generated().items():
        files.append(File.generated(config, target, content=pages.on_site(text, source, target)))
    files.append(File.generated(config, "stylesheets/site.css", content=_STYLE))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Mend the links of what comes from docs/; the generated pages have theirs."""
    if page.file.generated_by is not None:
        return markdown
    return pages.on_site(markdown, f"docs/{page.file.src_uri}", page.file.src_uri)
