"""What is known of open files: unsaved text counts, and nothing is analysed again without need."""

from __future__ import annotations

from pathlib import Path

from dropout_lint.driver.config import Settings
from dropout_lint.server.documents import Documents

BASE = "from torch import nn\n\n\nclass Base(nn.Module):\n    pass\n"
NET = (
    "import torch.nn.functional as F\nfrom base import Base\n\n\nclass Net(Base):\n"
    "    def forward(self, x):\n        return F.dropout(x)\n"
)
OTHER = "import torch\nfrom torch import nn\n\nlayer = nn.Dropout(p=1)\n"


def documents(folder: Path) -> Documents:
    return Documents(lambda path: Settings(folder))


def codes(found: Documents, name: str) -> list[str]:
    return [finding.code for finding in found.check(name).findings]


def test_unsaved_text_of_another_open_file_counts(tmp_path: Path) -> None:
    (tmp_path / "base.py").write_text("class Base:\n    pass\n")  # on disk it is no module
    (tmp_path / "net.py").write_text(NET)
    opened = documents(tmp_path)
    net, base = str(tmp_path / "net.py"), str(tmp_path / "base.py")
    opened.set(net, NET.encode())
    assert codes(opened, net) == []
    opened.set(base, BASE.encode())
    assert codes(opened, net) == ["DRP201"]
    opened.close(base)
    assert codes(opened, net) == []


def test_an_edit_without_bearing_on_a_file_leads_to_no_analysis_of_it(tmp_path: Path) -> None:
    texts = {"base.py": BASE, "net.py": NET, "other.py": OTHER}
    opened = documents(tmp_path)
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        opened.set(str(tmp_path / name), text.encode())
    for name in texts:
        opened.check(str(tmp_path / name))
    assert opened.analysed == 3
    opened.set(str(tmp_path / "other.py"), (OTHER + "# more\n").encode())
    for name in texts:
        opened.check(str(tmp_path / name))
    assert opened.analysed == 4
    opened.set(str(tmp_path / "base.py"), (BASE + "# more\n").encode())
    for name in texts:
        opened.check(str(tmp_path / name))
    assert opened.analysed == 6  # base.py, and net.py, which rests on it


def test_a_file_that_appears_on_disk_counts_once_the_editor_says_so(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(NET)
    opened = documents(tmp_path)
    opened.set(str(tmp_path / "net.py"), NET.encode())
    assert codes(opened, str(tmp_path / "net.py")) == []
    (tmp_path / "base.py").write_text(BASE)
    opened.changed_on_disk()
    assert codes(opened, str(tmp_path / "net.py")) == ["DRP201"]
