"""Which paths `.gitignore` patterns exclude: as git sees it, which is also asked."""

from __future__ import annotations

import os
import subprocess
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.vault import gitignore
from taiga_notes.vault.gitignore import Rules, TooManyPatternsError
from tests.tables import each

if TYPE_CHECKING:
    from pathlib import Path

ALONE = {
    **os.environ,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "XDG_CONFIG_HOME": os.devnull,
}
"""git without the exclusions of whoever runs the tests."""


def excluded(rules: Rules, path: str) -> bool:
    """Whether a path is excluded, be it by a folder that it is in; `/` at its end: a folder."""
    parts = path.rstrip("/").split("/")
    for count in range(1, len(parts)):
        if rules.verdict("/".join(parts[:count]).encode(), folder=True):
            return True
    return bool(rules.verdict("/".join(parts).encode(), folder=path.endswith("/")))


@each(
    ("patterns", "inside", "outside"),
    [
        ("draft.md", ["a/b/draft.md", "draft.md", "draft.md/x.md"], ["drafts.md"]),
        ("/draft.md", ["draft.md"], ["a/draft.md"]),
        ("a/draft.md", ["a/draft.md"], ["b/a/draft.md"]),
        ("*.tmp", ["x.tmp", "a/.tmp"], ["x.tmp2"]),
        ("*", ["x"], []),
        ("drafts/", ["drafts/", "a/drafts/", "drafts/x.md"], ["drafts", "a/drafts"]),
        ("a/*/c", ["a/b/c"], ["a/c", "a/b/b/c"]),
        ("a/**/c", ["a/c", "a/b/c", "a/b/b/c"], ["b/a/c"]),
        ("**/c", ["c", "a/c", "a/b/c"], ["cc"]),
        ("a/**", ["a/b", "a/b/c"], ["a"]),
        ("a**/c", ["ac", "ab/c", "a/b/c"], ["b/c"]),
        ("?**/c", ["ab/c"], ["a/b/c"]),
        ("n?te.md", ["note.md"], ["nte.md", "n/te.md"]),
        ("[a-c]x", ["ax", "cx"], ["dx"]),
        ("[!a-c]x", ["dx"], ["ax"]),
        ("[[:digit:]x].md", ["7.md", "x.md"], ["a.md"]),
        ("[]a]x", ["]x", "ax"], ["x"]),
        ("[a-]x", ["ax", "-x"], ["bx"]),
        ("[[:]x", ["[x", ":x"], ["]x"]),
        ("*.md\n!keep.md", ["a.md"], ["keep.md", "b/keep.md"]),
        ("drafts/\n!drafts/keep.md", ["drafts/keep.md"], ["keep.md"]),
        ("\\#a\n#b\n\\!c", ["#a", "!c"], ["#b", "b", "c"]),
        ("a\\ \nb  \nc\\\\ ", ["a ", "b", "c\\"], ["a", "b ", "b  ", "c\\ "]),
        ("caf??.md", ["café.md"], ["cafe.md"]),
        ("[a\nb\\\n[[:nonsense:]]\n[[:alpha:\n[a\\", [], ["a", "[a", "b", "b\\", "n", ":"]),
        ("\ufeffa.md\r\nb.md\r", ["a.md", "b.md"], ["c.md"]),
        ("/\n!\n\n  \n", [], ["a", " "]),
    ],
)
def test_a_pattern_excludes(patterns: str, inside: list[str], outside: list[str]) -> None:
    rules = Rules(patterns.encode())
    assert [path for path in inside if not excluded(rules, path)] == []
    assert [path for path in outside if excluded(rules, path)] == []


NAMES = ["a", "ab", "a.md", "b.md", "a b", "a ", "é.md", "[x]", "!a", "#a", "a]", "-", "b\\", "*"]
PARTS = [
    *("a", "b", "x", ".md", "é", "a b", "A", "1"),
    *("*", "**", "?", "/", "**/", "/**", "/**/", "[", "]", "!", "^", "-", "\\", " ", "#"),
    *("[a-b]", "[!a]", "[^b]", "[]a]", "[a-]", "[[:alpha:]]", "[[:upper:][:punct:]]", "[:", "\\*"),
    *("\\ ", "\\/", "[[:space:]-a]", "[\\]-a]"),
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A repository, and the paths in it, with `/` at the end of those of folders."""
    root = tmp_path_factory.mktemp("tree")
    subprocess.run(["git", "init", "-q", str(root)], env=ALONE, check=True)
    paths = []
    for top in NAMES:
        for place in (top, f"dir/{top}", f"a b.d/{top}/{top}", f"x/y/{top}"):
            file = root / place
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
            paths.append(place)
            paths += [f"{above}/" for above in file.relative_to(root).parents if above.name]
    return root, sorted({str(path) for path in paths})


def asked_of_git(root: Path, paths: list[str]) -> list[str]:
    """The paths that git excludes."""
    lines = "\0".join(path.rstrip("/") for path in paths).encode()
    command = ["git", "-C", str(root), "check-ignore", "--stdin", "-z", "--no-index"]
    done = subprocess.run(command, input=lines, env=ALONE, capture_output=True, check=False)
    assert done.returncode in {0, 1}, done.stderr
    told = set(done.stdout.decode().split("\0"))
    return [path for path in paths if path.rstrip("/") in told]


patterns = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "", "", "!", "/"]),
    st.lists(st.sampled_from(PARTS), min_size=1, max_size=6).map("".join)
    | st.lists(st.sampled_from([*NAMES, "dir", "a b.d", "x", "y", "*", "**"]), max_size=3).map(
        "/".join
    ),
    st.sampled_from(["", "", "/", " ", "\r"]),
)


@pytest.mark.slow
@given(lines=st.lists(patterns, min_size=1, max_size=5))
def test_git_excludes_the_same(tree: tuple[Path, list[str]], lines: list[str]) -> None:
    root, paths = tree
    data = "\n".join(lines).encode()
    (root / ".gitignore").write_bytes(data)
    assert [*filter(partial(excluded, Rules(data)), paths)] == asked_of_git(root, paths)


@each(
    "pattern", ["*a" * 60 + "b", "**/a*" * 30 + "/b", "a/**/" * 20 + "b", "x/" + "*a" * 99 + "**/c"]
)
@each("path", ["a" * 4000, "a/" * 2000 + "a", "x/" + "a" * 4000])
def test_no_pattern_explodes(pattern: str, path: str) -> None:
    rules = Rules(pattern.encode())
    begun = time.process_time()
    rules.verdict(path.encode(), folder=False)
    assert time.process_time() - begun < 10  # some 0.01 s; an explosion would take for ever


def test_too_many_wildcards_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gitignore, "MOST_GLOBS", 20)
    Rules(b"plain\n" * 100 + b"w*ld\n" * 20)
    with pytest.raises(TooManyPatternsError):
        Rules(b"w*ld\n" * 21)


def test_case_counts_only_where_git_makes_it_count(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not excluded(Rules(b"Drafts/"), "drafts/")
    monkeypatch.setattr(gitignore, "FOLD", True)
    assert excluded(Rules(b"Drafts/\n*.TMP"), "drafts/")
    assert excluded(Rules(b"Drafts/\n*.TMP"), "a/b.Tmp")
