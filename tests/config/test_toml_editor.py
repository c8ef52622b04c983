"""Keys added to a file that a person keeps: nothing of theirs is lost, moved or reformatted."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.config.toml_editor import lines_of, with_keys
from tests.tables import each

NEW: dict[str, str | bool] = {"api": "https://t.example/é", "allow_http": True}
ADDED = 'api = "https://t.example/é"\nallow_http = true\n'


@each(
    ("text", "made"),
    [
        ("", ADDED),
        ("keyring = true", f"keyring = true\n{ADDED}"),
        ("# mine\nkeyring = true # yes\n", f"# mine\nkeyring = true # yes\n{ADDED}"),
        ("a = 1\n\n# a table\n# of mine\n[t]\nb = 2\n",
         f"a = 1\n\n{ADDED}\n# a table\n# of mine\n[t]\nb = 2\n"),
        ("[t]\nb = 2", f"{ADDED}\n[t]\nb = 2"),
        ("# the file\n[t]\n", f"# the file\n{ADDED}\n[t]\n"),
        ("a = '''\n[x]\n'''\n[t]\n", f"a = '''\n[x]\n'''\n{ADDED}\n[t]\n"),
        ("a = [\n  [1],\n]\n", f"a = [\n  [1],\n]\n{ADDED}"),
        ("t.b = 2\n[[u]]\n", f"t.b = 2\n{ADDED}\n[[u]]\n"),
        ("a = 1\r\n[t]\r\n", "a = 1\r\n{}\r\n[t]\r\n".format(ADDED.replace("\n", "\r\n"))),
        ("\ufeffa = 1\n", f"\ufeffa = 1\n{ADDED}"),
        ("\ufeff[t]\n", f"\ufeff{ADDED}\n[t]\n"),
    ],
)  # fmt: skip
def test_they_stand_behind_the_files_own_and_before_its_tables(text: str, made: str) -> None:
    assert with_keys(text, NEW) == made


@each(
    ("text", "made"),
    [
        ("", f"[servers.work]\n{ADDED}"),
        ("a = 1", f"a = 1\n\n[servers.work]\n{ADDED}"),
        ("[servers.home]\n", f"[servers.home]\n\n[servers.work]\n{ADDED}"),
        ("[servers.work]\nb = 1\n\n# x\n[t]\n", f"[servers.work]\nb = 1\n\n{ADDED}\n# x\n[t]\n"),
        ("[t]\n[servers.work]\nb = 1", f"[t]\n[servers.work]\nb = 1\n{ADDED}"),
        ("[servers.work.headers]\nX = 'y'\n",
         f"[servers.work.headers]\nX = 'y'\n\n[servers.work]\n{ADDED}"),
        ('[ servers . "work" ]\r\nb = 1\r\n[t]\r\n',
         '[ servers . "work" ]\r\nb = 1\r\n{}\r\n[t]\r\n'.format(ADDED.replace("\n", "\r\n"))),
        ("servers = {work = {b = 1}}\n", None),
        ("servers = 1\n", None),
        ("[servers]\nwork = 'x'\n", None),
        ("[servers.work]\napi = 'x'\n", None),
    ],
)  # fmt: skip
def test_or_in_a_table_that_comes_last_where_there_is_none(text: str, made: str | None) -> None:
    assert with_keys(text, NEW, ("servers", "work")) == made


@each("text", ["a = ", "\ufeffa = ", "api = 'x'", "[api]\n"])
def test_what_can_not_be_added_to_is_left_alone(text: str) -> None:
    assert with_keys(text, NEW) is None


def test_a_value_that_toml_does_not_take_is_none() -> None:
    assert with_keys("", {"username": "a\x7f"}) is None
    assert lines_of({"username": 'a"b\\', "keyring": False}) == [
        'username = "a\\"b\\\\"',
        "keyring = false",
    ]


_LINES = st.sampled_from(
    [
        *("# said", "", "a = 1", "b = '''", "'''", "c = [", "]", "[t]", "[[u]]", "[t.v]"),
        *('d = """\\', '"""', "  # [no]", "t.e = 2", "f = {g = 1}", "\t[w]", "\ufeff", "\u2028[t]"),
    ]
)


@given(lines=st.lists(_LINES, max_size=9), end=st.sampled_from(["\n", "\r\n"]))
def test_whatever_the_file_is_it_says_what_it_said_and_the_new_keys(
    lines: list[str], end: str
) -> None:
    text = end.join(lines)
    made = with_keys(text, NEW)
    try:
        before = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError:
        assert made is None
        return
    assert made is not None
    assert tomllib.loads(made.removeprefix("\ufeff")) == {**before, **NEW}
    kept = iter(made)
    assert all(letter in kept for letter in text)
