"""The pages of the site: one for each rule, and links that hold there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dropout_lint.lint.registry import all_rules
from tests.checkout import copy_checkout
from tests.conftest import ROOT, Run, clean_environment

pages = pytest.importorskip("website.pages")  # of the checkout

pytestmark = [pytest.mark.checkout]


def test_each_rule_has_a_page_with_its_docstring_and_an_entry_in_the_navigation() -> None:
    generated = pages.generated()
    shown = str(pages.rule_navigation())
    for rule in all_rules():
        _, text = generated[f"rules/{rule.code}.md"]
        title, _, body = rule.page().partition("\n")
        assert text.startswith(title)
        assert text.endswith(body)
        assert f"'{rule.code} {rule.name}': 'rules/{rule.code}.md'" in shown


def test_the_page_of_a_rule_says_whether_it_runs_and_what_its_fixes_are() -> None:
    assert "*On by default, severity: warning, fix: safe, since 0.1.0.*" in pages.generated()["rules/DRP108.md"][1]
    assert "*Off by default, severity: warning, fix: none," in pages.generated()["rules/DRP109.md"][1]


@pytest.mark.parametrize(
    ("source", "target", "link", "there"),
    [
        ("README.md", "index.md", "docs/runtime.md", "runtime.md"),
        ("README.md", "index.md", "rules/drp101_integer_probability.py", "rules/DRP101.md"),
        ("rules/README.md", "rules/DRP108.md", "DRP105", "DRP105.md"),
        ("rules/README.md", "rules/DRP108.md", "../docs/command-line.md#test-files", "../command-line.md#test-files"),
        ("docs/faq.md", "faq.md", "../rules/README.md", "rules/index.md"),
        ("docs/faq.md", "faq.md", "watch.md#options", "watch.md#options"),
        ("docs/design.md", "design.md", "../CONTRIBUTING.md", f"{pages.REPOSITORY}CONTRIBUTING.md"),
        ("docs/design.md", "design.md", "https://example.org/a.md", "https://example.org/a.md"),
        ("docs/design.md", "design.md", "#here", "#here"),
    ],
)
def test_a_link_leads_to_the_page_of_the_site_or_to_the_repository(
    source: str, target: str, link: str, there: str
) -> None:
    assert pages.on_site(f"[words]({link})", source, target) == f"[words]({there})"


def test_a_link_to_a_file_that_is_not_there_is_an_error_that_names_it() -> None:
    with pytest.raises(ValueError, match=r"docs/faq\.md: the link to \.\./gone\.py leads nowhere"):
        pages.on_site("[words](../gone.py)", "docs/faq.md", "faq.md")


def test_code_is_left_as_it_is() -> None:
    for text in ("```python\nx[0](../gone.py)\n- 1\n```\n", "`x[0](../gone.py)`"):
        assert pages.on_site(text, "docs/faq.md", "faq.md") == text


def test_a_list_that_follows_text_gets_the_empty_line_that_the_site_needs() -> None:
    assert pages.on_site("such as:\n- one\n  more\n- two\n", "README.md", "index.md") == (
        "such as:\n\n- one\n  more\n- two\n"
    )


def test_every_page_of_docs_is_in_the_navigation() -> None:
    listed = (ROOT / "website" / "mkdocs.yml").read_text("utf-8").partition("\nnav:\n")[2]
    missing = [path.name for path in (ROOT / "docs").glob("*.md") if not re.search(rf"- {path.name}$", listed, re.M)]
    assert missing == []


def test_the_site_builds_without_a_warning_and_a_link_that_leads_nowhere_ends_it(run: Run, tmp_path: Path) -> None:
    for module in ("mkdocs", "material", "mkdocstrings"):
        pytest.importorskip(module)
    checkout = copy_checkout(tmp_path / "checkout")
    build = ["-m", "mkdocs", "build", "--strict", "-f", "website/mkdocs.yml"]
    environment = clean_environment(NO_MKDOCS_2_WARNING="1")
    built = run(*build, cwd=checkout, env=environment)
    assert (built.returncode, "WARNING" in built.stderr) == (0, False), built.stderr
    with (checkout / "docs" / "faq.md").open("a", encoding="utf-8") as page:
        page.write("\n[words](settings.md#no-such-heading)\n")
    broken = run(*build, cwd=checkout, env=environment)
    assert broken.returncode == 1
    assert "no-such-heading" in broken.stderr
