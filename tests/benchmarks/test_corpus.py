"""How public code gets into the corpus: from an index, out of archives, out of git, and never out of its folder."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from benchmarks import corpus, index, packages, repositories
from benchmarks.index import FetchError, Index
from benchmarks.labels import Label
from benchmarks.packages import Package
from benchmarks.unpack import UnsafeArchive, unpack


def an_sdist(path: Path, **members: bytes) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def files_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_every_package_is_pinned_to_one_file_of_its_release() -> None:
    pinned = packages.load()
    assert len({package.folder for package in pinned}) == 42
    for package in pinned:
        assert re.fullmatch("[0-9a-f]{64}", package.sha256)
        assert package.file.startswith(
            f"{package.name}-{package.version}{'-' if package.kind == 'wheel' else '.tar.gz'}"
        )


def test_an_sdist_is_unpacked_without_its_top_folder_and_only_its_code(tmp_path: Path) -> None:
    archive = an_sdist(
        tmp_path / "pkg-1.tar.gz", **{"pkg-1/PKG-INFO": b"", "pkg-1/src/a.py": b"x\r\n", "pkg-1/b.ipynb": b"{}"}
    )
    assert unpack(archive, tmp_path / "out") == 2
    assert files_below(tmp_path / "out") == ["b.ipynb", "src/a.py"]
    assert (tmp_path / "out/src/a.py").read_bytes() == b"x\r\n"


def test_a_wheel_is_unpacked_from_its_root(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "pkg-1-py3-none-any.whl", "w") as archive:
        archive.writestr("pkg/a.py", "x")
        archive.writestr("pkg-1.dist-info/METADATA", "")
    unpack(tmp_path / "pkg-1-py3-none-any.whl", tmp_path / "out")
    assert files_below(tmp_path / "out") == ["pkg/a.py"]


@pytest.mark.parametrize("name", ["pkg-1/../../evil.py", "pkg-1//evil.py", "pkg-1/..\\evil.py", "pkg-1/C:/evil.py"])
def test_a_member_that_points_out_of_an_archive_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnsafeArchive, match=re.escape("pkg-1.tar.gz: the member ")):
        unpack(an_sdist(tmp_path / "pkg-1.tar.gz", **{name: b"x"}), tmp_path / "out")
    assert files_below(tmp_path) == ["pkg-1.tar.gz"]


def test_links_in_an_archive_are_not_made(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "pkg-1.tar.gz", "w:gz") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            member = tarfile.TarInfo(f"pkg-1/link{kind!r}.py")
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    assert unpack(tmp_path / "pkg-1.tar.gz", tmp_path / "out") == 0


@pytest.mark.parametrize(
    ("kind", "page"),
    [
        ("application/vnd.pypi.simple.v1+json", '{"files": [{"filename": "a-1+x.whl", "url": "../../f/a-1%2Bx.whl"}]}'),
        ("text/html", '<a name="top">index</a><a href="../../f/a-1%2Bx.whl#sha256=00">a-1+x.whl</a>'),
    ],
)
def test_index_pages_of_both_kinds_are_read(kind: str, page: str) -> None:
    (name, url), *others = index.links_of(kind, page).items()
    assert (name, url.partition("#")[0], others) == ("a-1+x.whl", "../../f/a-1%2Bx.whl", [])


def test_what_pip_says_of_downloads_and_of_the_environment_comes_first() -> None:
    listing = "global.index-url='https://a'\nglobal.cert='/c'\ndownload.index-url='https://b'\ninstall.timeout='9'\n"
    assert index.pip_settings(listing) == {"index-url": "https://b", "cert": "/c"}
    assert index.pip_settings(listing + ":env:.index-url='https://e'\n")["index-url"] == "https://e"


def test_the_certificates_and_the_index_of_pip_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://mine/simple")
    monkeypatch.setenv("PIP_CERT", "/my/certificates.pem")
    assert index.configured() == Index("https://mine/simple", "/my/certificates.pem")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of an index on this machine, and the folder that it shows."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    root = tmp_path / "served"
    (root / "simple").mkdir(parents=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/simple/", root
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def package(served: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> Package:
    """A package on that index, and the only one of the corpus."""
    _, root = served
    archive = an_sdist(root / "My_Pkg-1.tar.gz", **{"My_Pkg-1/a.py": b"one\ntwo\n"})
    (root / "simple/my-pkg").mkdir()
    (root / "simple/my-pkg/index.html").write_text('<a href="../../My_Pkg-1.tar.gz">My_Pkg-1.tar.gz</a>')
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    found = Package("My_Pkg", "1", "sdist", "My_Pkg-1.tar.gz", sha256)
    monkeypatch.setattr("benchmarks.packages.load", lambda: (found,))
    return found


def test_a_package_is_fetched_checked_and_unpacked_once(
    served: tuple[str, Path], package: Package, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--corpus", str(tmp_path / "corpus"), "--index-url", served[0]]
    assert corpus.main(arguments) == 0
    assert "1 packages, 1 Python files, 2 lines" in capsys.readouterr().out
    assert files_below(tmp_path / "corpus") == ["My_Pkg-1/.sha256", "My_Pkg-1/a.py"]
    (served[1] / "My_Pkg-1.tar.gz").unlink()
    assert corpus.main(arguments) == 0  # it is there: nothing is asked for again


def test_another_file_than_was_pinned_leaves_nothing_behind(
    served: tuple[str, Path], package: Package, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    an_sdist(served[1] / "My_Pkg-1.tar.gz", **{"My_Pkg-1/a.py": b"something else\n"})
    assert corpus.main(["--corpus", str(tmp_path / "corpus"), "--index-url", served[0]]) == 1
    errors = capsys.readouterr().err
    assert f"{package.sha256} was pinned" in errors
    assert "Missing: My_Pkg-1. Run the same command again" in errors
    assert list((tmp_path / "corpus").iterdir()) == []


def test_a_file_that_the_index_lacks_is_named(served: tuple[str, Path], package: Package) -> None:
    with pytest.raises(FetchError, match=r"My_Pkg-2\.tar\.gz is not among the 1 files at http://127"):
        Index(served[0]).locate("My_Pkg", "My_Pkg-2.tar.gz")


def test_a_password_in_the_address_of_the_index_is_not_shown(served: tuple[str, Path], package: Package) -> None:
    with pytest.raises(FetchError) as raised:
        Index(served[0].replace("//", "//me:secret@")).locate("no-such-package", "x")
    assert "404" in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.fixture
def commit(tmp_path: Path) -> str:
    """The first of two commits in a repository at repos/me+net below ``tmp_path``."""
    home = tmp_path / "repos" / "me+net"
    home.mkdir(parents=True)

    def git(*arguments: str) -> str:
        command = ["git", "-c", "user.name=x", "-c", "user.email=x@x", "-c", "commit.gpgsign=false", *arguments]
        return subprocess.run(command, cwd=home, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "--quiet")
    (home / "deep").mkdir()
    (home / "deep/a.py").write_text("old\n")
    (home / "data.txt").write_text("")
    git("add", ".")
    git("commit", "--quiet", "-m", "one")
    first = git("rev-parse", "HEAD")
    (home / "deep/a.py").write_text("new\n")
    git("commit", "--quiet", "-a", "-m", "two")
    return first


def test_a_repository_is_unpacked_as_it_was_at_the_commit(tmp_path: Path, commit: str) -> None:
    folder = tmp_path / "out"
    assert repositories.install("me/net", commit, tmp_path / "repos", folder) == 1
    assert [(name, files_below(place)) for name, place in repositories.present(folder)] == [
        ("me/net", [".commit", "README.md", "deep/a.py"])
    ]
    assert (folder / "me+net/deep/a.py").read_text() == "old\n"
    # Who imports a file is looked for up to the top of its project, which the code alone does not show.
    assert (folder / "me+net/README.md").read_text() == ""
    assert repositories.has("me/net", commit, folder)
    assert not repositories.has("me/net", "0" * 40, folder)


@pytest.mark.parametrize(
    ("name", "revision", "complaint"),
    [("me/net", "0" * 40, "me/net: git: "), ("me/other", "0" * 40, "me/other: no git directory at")],
)
def test_what_is_not_in_the_local_repositories_is_named(
    tmp_path: Path, commit: str, name: str, revision: str, complaint: str
) -> None:
    with pytest.raises(repositories.NoRepository, match=complaint):
        repositories.install(name, revision, tmp_path / "repos", tmp_path / "out")
    assert repositories.present(tmp_path / "out") == []


def test_a_repository_cannot_be_wanted_at_two_commits() -> None:
    def label(id: str, commit: str | None) -> Label:
        return Label(id, "me/net" if commit else "pkg-1", commit, "a.py", 1, 1, "M1", "ok", "local", "")

    assert repositories.wanted([label("H1", "abc"), label("L1", None), label("H2", "abc")]) == {"me/net": "abc"}
    with pytest.raises(ValueError, match="H2: me/net is labelled at abc and at def"):
        repositories.wanted([label("H1", "abc"), label("H2", "def")])
