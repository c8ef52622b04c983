"""`.gitignore` patterns → is this path excluded? With git's semantics, byte for byte.

A list of such patterns is also what `exclude` in the vault's configuration is. Own code and not
pathspec: that costs 34 ms to import, more than looking at 10,000 notes; plain names, `*.ending`
and plain paths need no `re` either. The oracle of its tests is `git check-ignore`.

Patterns may be a stranger's. No pattern backtracks further than a path is deep: a star followed
by more of the pattern takes its leftmost match for good, which loses no match, because what
follows is again a star that can reach whatever a later match could.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from re import Pattern

MOST_GLOBS = 1000
"""How many patterns with wildcards one list may hold: 1 ms a path at the worst."""

FOLD = sys.platform in {"darwin", "win32"}
"""Whether case is ignored, as git does by default where file systems do."""

_SPECIAL = b"*?[\\"

_CLASSES = {
    b"alnum": str.isalnum,
    b"alpha": str.isalpha,
    b"blank": " \t".__contains__,
    b"cntrl": lambda char: not char.isprintable(),
    b"digit": str.isdigit,
    b"graph": lambda char: char.isprintable() and char != " ",
    b"lower": str.islower,
    b"print": str.isprintable,
    b"punct": lambda char: char.isprintable() and not char.isalnum() and char != " ",
    b"space": " \t\n\r".__contains__,
    b"upper": str.isupper,
    b"xdigit": "0123456789abcdefABCDEF".__contains__,
}
"""What `[[:name:]]` holds, of ASCII (git's own tables: its space knows no form feed)."""


class TooManyPatternsError(ValueError):
    """A list holds more than `MOST_GLOBS` patterns with wildcards."""


class Rules:
    """One list of patterns.

    Args:
        data: the list as it stands in a file, a pattern a line.

    Raises:
        TooManyPatternsError: see there.
    """

    __slots__ = ("_files", "_folders")

    def __init__(self, data: bytes) -> None:
        # Bytes, not text: a name need not be UTF-8, and git compares bytes.
        patterns = list(_patterns(data.lower() if FOLD else data))
        if sum(pattern.glob != b"" for pattern in patterns) > MOST_GLOBS:
            raise TooManyPatternsError
        self._folders = list(_runs(patterns))
        self._files = list(_runs(pattern for pattern in patterns if not pattern.folders))

    def verdict(self, path: bytes, *, folder: bool) -> bool | None:
        """Whether the last pattern that matches excludes the path, not looking at its parents.

        Args:
            path: relative to the folder that the patterns are of, with `/`.
            folder: whether it is one.

        Returns:
            True if excluded, False if a `!` pattern takes it back, None if no pattern matches.
        """
        if FOLD:
            path = path.lower()
        name = path[path.rfind(b"/") + 1 :]
        for run in self._folders if folder else self._files:
            if run.holds(path, name):
                return run.excludes
        return None


class _IgnorePattern:
    """One line of a list: one of its last four is set.

    Attributes:
        excludes: False for a `!` pattern.
        folders: it matches folders only.
        name: a plain name, at any depth.
        ending: what a name ends in, at any depth.
        path: a plain path.
        glob: a regular expression for the path.
    """

    __slots__ = ("ending", "excludes", "folders", "glob", "name", "path")

    def __init__(self, line: bytes) -> None:
        self.excludes = not line.startswith(b"!")
        line = line.removeprefix(b"!")
        self.folders = line.endswith(b"/")
        line = line.removesuffix(b"/")
        self.name = self.ending = self.path = self.glob = b""
        if b"/" in line:
            self._path(line.removeprefix(b"/"))
        else:
            self._name(line)

    def _path(self, line: bytes) -> None:
        if _plain(line):
            self.path = line
        else:
            self.glob = _path_glob(line)

    def _name(self, line: bytes) -> None:
        if _plain(line):
            self.name = line
        elif line.startswith(b"*") and _plain(line[1:]) and line != b"*":
            self.ending = line[1:]
        else:
            self.glob = _name_glob(line)


class _PatternRun:
    """Patterns that stand together and all exclude, or all take back: their order is no matter."""

    __slots__ = ("_endings", "_globs", "_names", "_paths", "excludes")

    def __init__(self, patterns: list[_IgnorePattern]) -> None:
        self.excludes = patterns[0].excludes
        self._names = frozenset(pattern.name for pattern in patterns if pattern.name)
        self._paths = frozenset(pattern.path for pattern in patterns if pattern.path)
        self._endings = tuple(pattern.ending for pattern in patterns if pattern.ending)
        globs = [pattern.glob for pattern in patterns if pattern.glob]
        self._globs = _compiled(globs) if globs else None

    def holds(self, path: bytes, name: bytes) -> bool:
        """Whether one of its patterns matches."""
        return (
            name in self._names
            or path in self._paths
            or name.endswith(self._endings)
            or (self._globs is not None and self._globs.fullmatch(path) is not None)
        )


def _patterns(data: bytes) -> Iterator[_IgnorePattern]:
    for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        pattern = _trimmed(line.removesuffix(b"\r"))
        if pattern and not line.startswith(b"#"):
            yield _IgnorePattern(pattern)


def _trimmed(line: bytes) -> bytes:
    """Without spaces at its end, but for an escaped one."""
    bare = line.rstrip(b" ")
    backslashes = len(bare) - len(bare.rstrip(b"\\"))
    return line[: len(bare) + backslashes % 2]


def _runs(patterns: Iterable[_IgnorePattern]) -> Iterator[_PatternRun]:
    """The patterns' runs, last first: the last pattern that matches decides."""
    run: list[_IgnorePattern] = []
    for pattern in reversed(list(patterns)):
        if run and run[0].excludes != pattern.excludes:
            yield _PatternRun(run)
            run = []
        run.append(pattern)
    if run:
        yield _PatternRun(run)


def _compiled(globs: list[bytes]) -> Pattern[bytes]:
    import re  # noqa: PLC0415  (most lists need none)

    # A file's name may hold a line break: `.` has to match it, or the file is not excluded.
    return re.compile(b"|".join(globs), re.DOTALL)


def _plain(text: bytes) -> bool:
    return not any(char in _SPECIAL for char in text)


_NEVER = rb"(?!)"
"""A malformed pattern matches nothing."""

_STAR, _DEEP, _REST = b"*", b"**/", b"**"
"""Wildcards among the atoms of a glob: within a name; over folders; over anything."""


class _MalformedError(ValueError):
    """A bracket is not closed, or a backslash stands last."""


def _name_glob(glob: bytes) -> bytes:
    try:
        return b"(?:.*/)?" + _chunk(list(_atoms(glob, None)), last=True)
    except _MalformedError:
        return _NEVER


def _path_glob(glob: bytes) -> bytes:
    # git compares what stands before the first wildcard as plain text, and then sees `**` right
    # behind it as if it began the pattern: `a**/b` is `a`, then `**/b`.
    start = next(place for place, char in enumerate(glob) if char in _SPECIAL)
    try:
        return _joined(list(_atoms(glob, start)))
    except _MalformedError:
        return _NEVER


def _joined(atoms: list[bytes]) -> bytes:
    """A path's pattern: chunks with `**` between them, each but the last matched for good."""
    parts: list[bytes] = []
    lead, chunk = b"", list[bytes]()
    for atom in atoms:
        if atom in (_DEEP, _REST):
            parts.append(_settled(lead + _chunk(chunk, last=False)))
            lead, chunk = (b"(?:.*?/)??" if atom == _DEEP else b".*?"), []
        else:
            chunk.append(atom)
    return b"".join(parts) + lead + _chunk(chunk, last=True)


def _chunk(atoms: list[bytes], *, last: bool) -> bytes:
    """Atoms and single stars: each star is matched for good, but for a last one."""
    pieces = [b""]
    for atom in atoms:
        if atom == _STAR:
            pieces.append(b"")
        else:
            pieces[-1] += atom
    free = [b"[^/]*" + pieces.pop()] if last and len(pieces) > 1 else []
    stars = (_settled(b"[^/]*?" + piece) for piece in pieces[1:])
    return b"".join([pieces[0], *stars, *free])


def _settled(expression: bytes) -> bytes:
    return b"(?>" + expression + b")"


def _atoms(glob: bytes, start: int | None) -> Iterator[bytes]:
    """The glob's parts: `_STAR`, `_DEEP`, `_REST`, or an expression for one byte.

    Args:
        glob: the pattern.
        start: where its first wildcard stands; None for a name's pattern, which knows no `**`.
    """
    place = 0
    while place < len(glob):
        match glob[place : place + 1]:
            case b"*":
                atom, place = _stars(glob, place, start)
            case b"[":
                atom, place = _bracket(glob, place + 1)
            case b"?":
                atom, place = b"[^/]", place + 1
            case _:
                code, place = _literal(glob, place)
                atom = _escaped(code)
        yield atom


def _stars(glob: bytes, place: int, start: int | None) -> tuple[bytes, int]:
    end = place
    while glob[end : end + 1] == b"*":
        end += 1
    begins = place in (0, start) or glob[place - 1 : place] == b"/"
    if start is None or end - place == 1 or not begins:
        return _STAR, end
    if glob[end : end + 1] == b"/":
        return _DEEP, end + 1
    if end == len(glob) or glob[end : end + 2] == b"\\/":
        return _REST, end
    return _STAR, end


def _bracket(glob: bytes, place: int) -> tuple[bytes, int]:
    """A bracket's expression, from behind its `[`, and the place behind its `]`."""
    negated = glob[place : place + 1] in (b"!", b"^")
    place += negated
    codes: set[int] = set()
    first, before = place, None
    while place == first or glob[place : place + 1] != b"]":
        if name := _class_name(glob, place):
            codes |= _class(name)
            place, before = place + len(name) + 4, None
        elif before is not None and _is_range(glob, place):
            end, place = _literal(glob, place + 1)
            codes.update(range(before, end + 1))
            before = None
        else:
            before, place = _literal(glob, place)
            codes.add(before)
    # Never the separator, not even by `[!a]`: a pattern does not reach into another folder by it.
    held = (set(range(256)) - codes if negated else codes) - {ord("/")}
    return (b"[" + b"".join(map(_escaped, sorted(held))) + b"]" if held else _NEVER), place + 1


def _class_name(glob: bytes, place: int) -> bytes:
    """The name in `[:name:]` at that place; empty where there is none."""
    if not glob.startswith(b"[:", place):
        return b""
    end = glob.find(b"]", place + 2)
    if end < 0:
        raise _MalformedError
    return glob[place + 2 : end - 1] if end > place + 2 and glob[end - 1 : end] == b":" else b""


def _class(name: bytes) -> set[int]:
    if name not in _CLASSES:
        raise _MalformedError
    return {code for code in range(128) if _CLASSES[name](chr(code))}


def _is_range(glob: bytes, place: int) -> bool:
    return glob[place : place + 1] == b"-" and glob[place + 1 : place + 2] not in (b"]", b"")


def _literal(glob: bytes, place: int) -> tuple[int, int]:
    """The byte at that place, or behind a backslash there, and the place behind it."""
    if glob[place : place + 1] == b"\\":
        place += 1
    if place >= len(glob):
        raise _MalformedError
    return glob[place], place + 1


def _escaped(code: int) -> bytes:
    return b"\\x%02x" % code
