"""Which files of a vault are notes, and how they are read."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.errors import ConfigError, WriteError
from taiga_notes.system import files
from taiga_notes.vault.vault import Vault
from tests.unprivileged import public_folder, unprivileged
from tests.vault.test_gitignore import ALONE

MARKER = b"<!-- taiga"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    return folder


def put(root: Path, *names: str, data: bytes = MARKER) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def vault(root: Path, *exclude: str) -> Vault:
    return Vault(root, state=root.parent / "state", exclude=exclude)


def holds(data: bytes) -> bool:
    return MARKER in data


def found(root: Path, *exclude: str) -> list[str]:
    """The pages with a marker that a walk of the vault finds without trouble."""
    result = vault(root, *exclude).search(holds)
    assert result.problems == []
    return result.pages


# What is a note


def test_markdown_files_are_notes(root: Path) -> None:
    put(root, "b.md", "a/x.markdown", "a/b/C D.md", "README.MD", "é/ü.md", "n.txt", "md", "x.mdx")
    assert found(root) == ["README.MD", "a/b/C D.md", "a/x.markdown", "b.md", "é/ü.md"]


@pytest.mark.parametrize(
    "name",
    [
        ".hidden/a.md",
        ".obsidian/a.md",
        ".trash/a.md",
        ".git/a.md",
        ".logseq/a.md",
        ".stversions/a.md",
        ".stfolder/a.md",
        "x/node_modules/a.md",
        "_plug/a.md",
        ".a.md",
        "a.sync-conflict-20260101-120000-ABCDEFG.md",
        "a (Ann's conflicted copy 2026-01-01).md",
        ".syncthing.a.md.tmp",
        ".a.md.icloud",
        "@eaDir/a.md",
        "#recycle/a.md",
        "logseq/bak/pages/a.md",
    ],
)
def test_what_other_programs_keep_is_no_note(root: Path, name: str) -> None:
    put(root, name, "conflict.md")
    assert found(root) == ["conflict.md"]
    assert not vault(root).lists(name)


def test_a_folder_may_look_like_a_page(root: Path) -> None:
    put(root, "a.md/b.md")
    assert found(root) == ["a.md/b.md"]


def test_a_name_that_is_no_utf8_is_a_name(root: Path) -> None:
    name = os.fsdecode(b"caf\xe9.md")
    put(root, name)
    assert found(root) == [name]
    assert vault(root).read(name).text == MARKER.decode()


# Exclusions


def test_gitignore_counts_in_every_folder(root: Path) -> None:
    put(root, "a.md", "drafts/a.md", "b/a.md", "b/keep.md", "b/c/keep.md", "b/only/x.md")
    put(root, ".gitignore", data=b"/drafts/\n")
    put(root, "b/.gitignore", data=b"*.md\n!keep.md\n/only\n")
    put(root, "b/c/.gitignore", data=b"keep.md\n")
    assert found(root) == ["a.md", "b/keep.md"]


def test_an_excluded_folder_is_not_entered_for_what_is_taken_back_in_it(root: Path) -> None:
    put(root, "drafts/a.md", "a.md")
    put(root, ".gitignore", data=b"drafts/\n!drafts/a.md\n")
    put(root, "drafts/.gitignore", data=b"!*\n")
    assert found(root) == ["a.md"]


def test_the_configuration_excludes_and_overrules(root: Path) -> None:
    put(root, "a.md", "old/b.md", "x/drafts/c.md", "keep/d.md")
    put(root, ".gitignore", data=b"keep/\n")
    assert found(root) == ["a.md", "old/b.md", "x/drafts/c.md"]
    assert found(root, "/old", "drafts/", "!keep/") == ["a.md", "keep/d.md"]


def test_too_many_exclusions_are_refused(root: Path) -> None:
    with pytest.raises(ConfigError, match="more than 1000 patterns"):
        vault(root, *["w*ld"] * 1001)


def test_the_repository_around_a_vault_counts(root: Path) -> None:
    notes = root / "docs/notes"
    put(notes, "a.md", "drafts/b.md", "local.md", "built/c.md")
    put(root, ".git/info/exclude", data=b"local.md\nbuilt/\n")
    put(root, ".gitignore", data=b"/docs/notes/drafts\n")
    put(root, "docs/.gitignore", data=b"!built/\n")
    assert found(notes) == ["a.md", "built/c.md"]
    assert not vault(notes).lists("drafts/b.md")
    assert vault(notes).lists("built/c.md")


def test_a_vault_that_the_repository_around_it_excludes_is_its_own_master(root: Path) -> None:
    put(root, "home/notes/a.md")
    put(root, ".git/info/exclude", data=b"")
    put(root, ".gitignore", data=b"*\n")
    assert found(root / "home/notes") == ["a.md"]


@pytest.mark.parametrize("data", [b"x" * 300_000, b"w*ld\n" * 1001])
def test_a_list_that_holds_too_much_leaves_its_folder_alone(root: Path, data: bytes) -> None:
    put(root, "a.md", "b/c.md", "b/d/e.md")
    put(root, "b/.gitignore", data=data)
    result = vault(root).search(holds)
    assert result.pages == ["a.md"]
    assert [problem.page for problem in result.problems] == ["b/.gitignore"]
    assert not vault(root).lists("b/d/e.md")
    assert vault(root).search(holds, ["b/d"]).pages == []


def test_a_list_that_is_no_file_is_none(root: Path) -> None:
    put(root, "a.md", "x/b.md", "y/c.md")
    put(root.parent, "outside", data=b"*\n")
    (root / ".gitignore").symlink_to("../outside")
    (root / "x/.gitignore").mkdir()
    os.mkfifo(root / "y/.gitignore")
    assert found(root) == ["a.md", "x/b.md", "y/c.md"]


names = st.sampled_from(["a", "b", "c.md", "d.md", "*", "**", "?.md", "[ab]"])
lists = st.lists(
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["", "", "!", "/"]),
        st.lists(names, min_size=1, max_size=3).map("/".join),
        st.sampled_from(["", "", "/"]),
    ),
    max_size=4,
).map("\n".join)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", str(root)], env=ALONE, check=True)
    for folder in ("", "a", "b", "a/a", "a/b", "b/a", "a/a/a", "a/b/a"):
        put(root, *(f"{folder}/{name}" for name in ("c.md", "d.md", "e.md")))
    return root


@pytest.mark.slow
@given(texts=st.tuples(lists, lists, lists, lists), start=st.sampled_from(["", "a", "a/b", "b"]))
def test_git_leaves_the_same_pages(
    repository: Path, texts: tuple[str, str, str, str], start: str
) -> None:
    places = (".gitignore", "a/.gitignore", "a/b/.gitignore", ".git/info/exclude")
    for place, text in zip(places, texts, strict=True):
        (repository / place).write_text(text)
    command = ["git", "ls-files", "--others", "--exclude-standard", "-z", "*.md"]
    done = subprocess.run(command, cwd=repository, env=ALONE, capture_output=True, check=True)
    left = sorted(filter(None, done.stdout.decode().split("\0")))
    assert found(repository) == left
    everywhere = {str(path.relative_to(repository)) for path in repository.rglob("*.md")}
    assert sorted(filter(vault(repository).lists, everywhere)) == left
    below_start = [name for name in left if name.startswith(f"{start}/")]
    if start and below_start:
        prefixed = [f"{start}/{name}" for name in found(repository / start)]
        assert prefixed == below_start


# What a user names


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (".", ""),
        ("a.md", "a.md"),
        ("drafts/../drafts/b.md", "drafts/b.md"),
        ("drafts", "drafts"),
        ("drafts/", "drafts"),
        ("link.md", "link.md"),
        ("linked", "drafts"),
        ("linked/b.md", "drafts/b.md"),
        ("../door", ""),
        ("../door/a.md", "a.md"),
        ("../window.md", "a.md"),
    ],
)
def test_a_path_means_a_page_or_folder(
    root: Path, monkeypatch: pytest.MonkeyPatch, path: str, name: str
) -> None:
    put(root, "a.md", "drafts/b.md")
    (root / "link.md").symlink_to("a.md")
    (root / "linked").symlink_to("drafts")
    (root.parent / "door").symlink_to("notes")
    (root.parent / "window.md").symlink_to("notes/a.md")
    monkeypatch.chdir(root)
    assert vault(root).chosen([path]).names == [name]


def test_no_path_means_the_whole_vault(root: Path) -> None:
    assert vault(root).chosen([]).names == [""]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("../other/a.md", "outside the vault"),
        ("/etc/passwd", "outside the vault"),
        ("out/a.md", "outside the vault"),
        ("none.md", "does not exist"),
        ("n.txt", "no page"),
    ],
)
def test_some_paths_mean_nothing_here(
    root: Path, monkeypatch: pytest.MonkeyPatch, path: str, message: str
) -> None:
    put(root, "n.txt")
    put(root.parent, "other/a.md")
    (root / "out").symlink_to("../other")
    monkeypatch.chdir(root)
    with pytest.raises(ConfigError, match=message):
        vault(root).chosen([path])


EXCLUDED = [
    ("drafts", "is excluded"),
    ("drafts/a.md", "is excluded"),
    ("x/b.md", "is excluded"),
    (".hidden", "is hidden"),
    (".hidden/c.md", "is hidden"),
    (".d.md", "is hidden"),
    ("x/e.sync-conflict-1-2.md", "is the copy of a page"),
    ("x/Plan-DESKTOP-AB12CD3.md", "is the copy of a page"),
]
FOREIGN = [
    (".git/a.md", "belongs to another program"),
    (".obsidian", "belongs to another program"),
    ("x/@eaDir/a.md", "belongs to another program"),
    ("inner", "belongs to the vault 'inner'"),
    ("inner/deep/a.md", "belongs to the vault 'inner'"),
]


@pytest.fixture
def mixed(root: Path) -> Path:
    """A vault with pages of all kinds that are passed by."""
    put(root, *(name for name, _ in EXCLUDED + FOREIGN if name.endswith(".md")))
    put(root, ".obsidian/b.md", "x/Plan.md", "x/Lone-DESKTOP-AB12CD3.md")
    put(root, ".gitignore", data=b"drafts/\nb.md\n")
    put(root, "inner/taiga-notes.toml", data=b"")
    return root


@pytest.mark.parametrize(("name", "reason"), EXCLUDED + FOREIGN)
def test_what_is_excluded_stays_so_if_it_is_named_and_is_told(
    mixed: Path, name: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(mixed)
    chosen = vault(mixed).chosen([mixed / name, mixed / "x/Plan.md"])
    assert chosen.names == ["x/Plan.md"]
    assert [told.startswith(f"{name} {reason}") for told in chosen.passed_by] == [True]
    assert not vault(mixed).lists(name)


def test_where_nothing_is_excluded_only_what_is_not_ours_is_passed_by(mixed: Path) -> None:
    everything = Vault(mixed, state=mixed.parent / "state", exclude=None)
    chosen = everything.chosen([mixed / name for name, _ in EXCLUDED + FOREIGN])
    assert chosen.names == [name for name, _ in EXCLUDED]
    assert len(chosen.passed_by) == len(FOREIGN)
    result = everything.search(holds, [*chosen.names, ""])
    assert {name for name, _ in EXCLUDED if name.endswith(".md")} <= {*result.pages}


def test_a_walk_comes_upon_what_may_be_named(mixed: Path) -> None:
    assert found(mixed) == ["x/Lone-DESKTOP-AB12CD3.md", "x/Plan.md"]
    assert all(map(vault(mixed).lists, found(mixed)))


# Vaults in a vault


def test_a_folder_with_settings_of_its_own_is_another_vault(root: Path) -> None:
    put(root, "a.md", "b/c.md", "b/inner/d.md", "b/inner/e/f.md", "taiga-notes.toml")
    put(root, "b/inner/taiga-notes.toml", data=b"")
    (root / "way in.md").symlink_to("b/inner/d.md")
    (root / "b/taiga-notes.toml").mkdir()
    assert found(root) == ["a.md", "b/c.md"]
    assert vault(root).nested() == ["b/inner"]
    for name in ("b/inner/d.md", "way in.md"):
        with pytest.raises(WriteError, match="belongs to the vault 'b/inner'"):
            vault(root).read(name)
    assert found(root / "b/inner") == ["d.md", "e/f.md"]


# Templates of pages to be


@pytest.mark.parametrize(
    ("settings", "data", "folder"),
    [
        (".obsidian/templates.json", '{"folder": "Meta/Forms"}', "Meta/Forms"),
        (".obsidian/templates.json", '{"folder": "meta/forms"}', "Meta/Forms"),
        (".obsidian/templates.json", '{"folder": "Meta\\\\Forms"}', "Meta/Forms"),
        (".obsidian/templates.json", '{"folder": "T\u00e4glich"}', "Ta\u0308glich"),
        (
            ".obsidian/plugins/templater-obsidian/data.json",
            '{"templates_folder": "/Meta/T/"}',
            "Meta/T",
        ),
        (".obsidian/plugins/quickadd/data.json", '{"templateFolderPath": "Q"}', "Q"),
        (".obsidian/app.json", "{}", "Templates"),
        (".obsidian/templates.json", "{", "templates"),
        (".obsidian/templates.json", '{"folder": "/"}', "_templates"),
        ("_plug/x.plug.js", "", "Library"),
        ("CONFIG.md", "```space-lua\n```\n", "Library"),
    ],
)
@pytest.mark.parametrize("place", ["", "sub/"])
def test_templates_lie_where_their_program_keeps_them(
    root: Path, place: str, settings: str, data: str, folder: str
) -> None:
    put(root, f"{place}{folder}/a.md", f"{place}{folder}/b/c.md", f"{place}notes.md")
    put(root, f"{place}{settings}", data=data.encode())
    assert vault(root).is_template(f"{place}{folder}/a.md")
    assert vault(root).is_template(f"{place}{folder}/b/c.md")
    assert not vault(root).is_template(f"{place}notes.md")
    assert not vault(root).is_template(f"{place}{folder} 2/a.md")
    everything = Vault(root, state=root.parent / "state", exclude=None)
    assert not everything.is_template(f"{place}{folder}/a.md")


@pytest.mark.parametrize("folder", ["Templates", "Library"])
def test_a_folder_is_no_template_folder_by_its_name_alone(root: Path, folder: str) -> None:
    put(root, f"{folder}/a.md", "CONFIG.md")
    assert not vault(root).is_template(f"{folder}/a.md")


def test_where_obsidian_says_which_folder_the_usual_one_is_none(root: Path) -> None:
    put(root, "Templates/a.md", "Forms/a.md")
    put(root, ".obsidian/templates.json", data=b'{"folder": "Forms"}')
    assert not vault(root).is_template("Templates/a.md")
    assert vault(root).is_template("Forms/a.md")


def test_a_vault_is_a_folder(root: Path) -> None:
    put(root, "a.md")
    for path in (root / "none", root / "a.md"):
        with pytest.raises(ConfigError, match="no folder"):
            vault(path)


# Links


def test_linked_folders_are_not_followed(root: Path) -> None:
    put(root, "a/b.md")
    put(root.parent, "other/c.md")
    (root / "a/loop").symlink_to("..")
    (root / "out").symlink_to("../other")
    assert found(root) == ["a/b.md"]
    assert not vault(root).lists("a/loop/a/b.md")


def test_a_page_with_several_names_is_one_page(root: Path) -> None:
    put(root, "z/page.md", "hidden.txt")
    (root / "a link.md").symlink_to("z/page.md")
    (root / "another link.md").symlink_to("a link.md")
    (root / "b.md").hardlink_to(root / "z/page.md")
    (root / "c.md").symlink_to("hidden.txt")
    (root / "d.md").symlink_to("hidden.txt")
    assert found(root) == ["b.md", "c.md"]
    assert vault(root).search(holds, ["a link.md"]).pages == ["a link.md"]


def test_a_link_out_of_the_vault_is_left_alone(root: Path) -> None:
    put(root.parent, "secret.md")
    put(root, ".git/hook.md")
    (root / "out.md").symlink_to("../secret.md")
    (root / "hook.md").symlink_to(".git/hook.md")
    (root / "nowhere.md").symlink_to("none.md")
    (root / "loop.md").symlink_to("loop.md")
    (root / "folder.md").symlink_to(".git")
    result = vault(root).search(holds)
    assert (result.pages, result.problems) == ([], [])
    assert {problem.page for problem in result.left} == {"out.md", "hook.md"}
    named = vault(root).search(holds, ["out.md"])
    assert [problem.page for problem in named.problems] == ["out.md"]
    for name in ("out.md", "../secret.md"):
        with pytest.raises(WriteError, match="out of the vault"):
            vault(root).read(name)
    with pytest.raises(WriteError, match="another program"):
        vault(root).read("hook.md")


# Looking at pages


def test_pipes_and_devices_are_never_opened(root: Path) -> None:
    os.mkfifo(root / "pipe.md")  # opening it would wait for good
    assert found(root) == []
    with pytest.raises(WriteError, match="no regular file"):
        vault(root).read("pipe.md")
    assert [str(p) for p in vault(root).search(holds, ["pipe.md"]).problems] == [
        "can't be read: is no regular file"
    ]


def test_a_marker_is_found_anywhere(root: Path) -> None:
    put(root, "long.md", data=b"x" * 32_763 + MARKER + b"y" * 100_000)
    put(root, "end.md", data=b"x" * 3_000_000 + MARKER)
    put(root, "none.md", data=b"x" * 100_000)
    put(root, "empty.md", data=b"")
    assert found(root) == ["end.md", "long.md"]


def test_a_page_too_large_is_left_alone(root: Path) -> None:
    message = "is left alone: it is larger than 16 MB (split it up)"
    put(root, "huge.md")
    os.truncate(root / "huge.md", 10**12)
    put(root, "plain.md", data=b"x")
    os.truncate(root / "plain.md", 10**12)
    result = vault(root).search(holds)
    assert result.pages == []
    # Of interest is only the one that begins with a marker.
    assert [(left.page, str(left)) for left in result.left] == [("plain.md", message)]
    assert [(told.page, str(told)) for told in result.problems] == [("huge.md", message)]
    with pytest.raises(WriteError, match="larger than 16 MB"):
        vault(root).read("huge.md")


def test_a_page_in_utf16_is_found_to_be_told_of(root: Path) -> None:
    put(root, "sixteen.md", data="é <!-- taiga: from tasks -->".encode("utf-16"))
    put(root, "other.md", data="nothing".encode("utf-16"))
    assert found(root) == ["sixteen.md"]
    with pytest.raises(WriteError, match=r"not UTF-8 \(it is UTF-16\).*save it as UTF-8"):
        vault(root).read("sixteen.md")


def test_what_can_not_be_read_is_told() -> None:
    with public_folder() as folder, unprivileged():
        root = folder / "notes"
        put(root, "a.md", "closed.md", "shut/b.md", "list/c.md")
        put(root, "list/.gitignore", data=b"x")
        for name in ("closed.md", "shut", "list/.gitignore"):
            (root / name).chmod(0)
        result = vault(root).search(holds)
        (root / "shut").chmod(0o700)
    assert result.pages == ["a.md"]
    assert {problem.page for problem in result.problems} == {
        "closed.md",
        "shut",
        "list/.gitignore",
    }
    assert {str(problem) for problem in result.problems} == {"can't be read: Permission denied"}


def test_pages_that_vanish_while_we_look_are_no_pages(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(root, "a.md", "b.md")

    def look(path: str) -> bytes:
        Path(path).unlink()
        raise FileNotFoundError

    monkeypatch.setattr(files, "look", look)
    assert found(root) == []


def test_pages_that_vanish_after_we_looked_are_no_pages(root: Path) -> None:
    put(root, "a.md")

    def vanishing(data: bytes) -> bool:
        (root / "a.md").unlink()
        return holds(data)

    assert vault(root).search(vanishing).pages == []


# Reading


def test_a_page_is_read_to_the_byte(root: Path) -> None:
    data = "\ufeffa\r\nb\rc\n\x00 \x85 é\u2028 🙂".encode()
    put(root, "a/b.md", data=data)
    page = vault(root).read("a/b.md")
    status = (root / "a/b.md").stat()
    assert (page.name, page.text.encode()) == ("a/b.md", data)
    assert page.stamp == (status.st_mtime_ns, status.st_ctime_ns, len(data), status.st_ino)


def test_a_page_that_is_not_utf8_is_refused_with_the_place(root: Path) -> None:
    put(root, "latin.md", data=b"one\ntwo caf\xe9\n")
    with pytest.raises(WriteError) as caught:
        vault(root).read("latin.md")
    assert str(caught.value) == (
        "is left alone: it is not UTF-8 (byte 11 is 0xe9, in line 2) (save it as UTF-8)"
    )
    assert caught.value.page == "latin.md"


def test_a_page_that_is_gone_is_told(root: Path) -> None:
    with pytest.raises(WriteError, match="can't be read: No such file"):
        vault(root).read("none.md")


def test_a_page_is_read_at_one_moment(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(root, "a.md", data=b"old")
    original = files.rest
    turns = iter(range(2))

    def rest(descriptor: int, size: int) -> bytes:
        data = original(descriptor, size)
        if next(turns, None) is not None:
            with (root / "a.md").open("ab") as file:
                file.write(b"+")
        return data

    monkeypatch.setattr(files, "rest", rest)
    assert vault(root).read("a.md").text == "old++"


def test_a_page_that_never_rests_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(root, "a.md", data=b"old")
    monkeypatch.setattr(files, "rest", lambda _descriptor, _size: b"")
    with pytest.raises(WriteError, match="keeps changing"):
        vault(root).read("a.md")


def test_a_page_that_becomes_a_pipe_is_not_read(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(root, "a.md")
    regular = (root / "a.md").stat()
    (root / "a.md").unlink()
    os.mkfifo(root / "a.md")
    monkeypatch.setattr(os, "stat", lambda *_a, **_k: regular)
    assert stat.S_ISREG(regular.st_mode)
    with pytest.raises(OSError, match="no regular file"):
        files.contents(str(root / "a.md"))
