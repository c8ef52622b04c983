"""What is no page of a vault: what is excluded, copies of pages, templates of pages to be.

Excluded is what its configuration says, and what git would heed.

The nearest list that has a say decides: `exclude` of the configuration first, then the
`.gitignore` of the folder, of each folder above up to the repository's, and last the
repository's `.git/info/exclude`. What a user excludes from all of their repositories is no
property of the vault and does not count; nor do the lists above a vault that they exclude.

A copy is what programs that sync or merge files call the version that lost. A name is that of a
copy if it has a form that a program gives and that no person would: a note on `Conflicts` or
`Kashmir (conflict 1999)` is a note. Where a person might (OneDrive appends the name of the
computer, `git mergetool` a number), it is a copy only beside the page that it would be one of.
What iCloud and Google Drive do, `Note 2.md` and `Note (1).md`, can't be told from a note's own
name, and is a note.

Names and their sources: Syncthing, Dropbox (in the language of its user), Nextcloud and ownCloud,
Obsidian Sync, SilverBullet, Seafile, Synology Drive (its knowledge base, "File conflict"), Resilio
("Conflict files in Sync"), Proton Drive, Nutstore, pCloud, Cozy Drive, kDrive, rclone, Remotely
Save, Unison, `git mergetool`.

The folders with templates are, of Obsidian, what its settings say, of the core plugin, Templater
and QuickAdd; where those say nothing, a folder `Templates`. SilverBullet's is `Library`, in a space
of its own only: others have libraries that are notes.
"""

from __future__ import annotations

import errno
import os
import re

from taiga_notes.errors import ConfigError, WriteError
from taiga_notes.system.files import opened
from taiga_notes.system.paths import upwards
from taiga_notes.vault.gitignore import MOST_GLOBS, Rules, TooManyPatternsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


SUSPECT = ("onfl", "(", "_", ".dup.", "p-")
"""One of them is in each copy's name in small ASCII letters, and in few others: most folders have
no such name, which one look at all of them shows."""

_SIGNS = (
    *("onfl", "clash", "_conf(", ".dup."),
    *("motstrid", "modstrid", "ristiriit", "bercanggah", "bentrok", "çak", "ütk"),
    *("онфл", "διένεξ", "競合", "問題", "冲突", "衝突", "충돌", "ขัดแย้ง", "xung"),
)
"""One of them is in every copy's name."""

_APPENDED = ("-DESKTOP-", "-LAPTOP-", "_BACKUP_", "_BASE_", "_LOCAL_", "_REMOTE_")
"""What may be behind the name of the page that a copy is of."""


_ANYWHERE = (
    r"(?i)\.sync-conflict-\d"  # Syncthing
    r"|\.conflicted(?:[:._-]|\Z)"  # SilverBullet
    r"|\.conflict-?[\d-]*\Z"  # Resilio, rclone
    r"|\.dup\Z"  # Remotely Save
    r"|_conflict-(?:.+-)?\d{8}-\d{6}"  # ownCloud, before 2.5
    r"|_conflict_\d{8}_\d{6}_"  # kDrive
    r"|-conflict-\d{4}-\d\d-\d\dt\d"  # Cozy Drive
    r"|_[a-z]{3}-\d\d-\d{4,6}-\d{4}_[a-z\d]*conflict(?:_\d+)?\Z"  # Synology Drive
    r"|[_(. ]nsconflict\b|[_(. ]nsconflict_"  # Nutstore
    r"|\(\# name clash\b"  # Proton Drive
    r"|\[conflict(?:ed)?(?: \d+)?\]\Z"  # Google Drive, pCloud
    r"|_conf\(\d+\)\Z"  # Google Drive
    r"|[-_]conflicted copy(?: \d+)?\Z"
)
_IN_BRACKETS = r"(?s)[(（](.*)[)）](?:[ ._-]*[(（]?\d+[)）]?)?\Z"
_PLAIN = (
    r"(?i)(?:\A|\s|\()(?:conflict(?:ed)? copy|konfliktkopie|in konflikt stehende kopie)\Z"
    r"|\bsfconflict\b"  # Seafile
    r"|\Aconflict [\da-f]{8}\Z"  # Cryptomator
    r"|(?:\A|'s )(?:(?:upper|lower)?case|unicode encoding|white ?space|selective sync"
    r"|tail character|name) (?:conflict|clash)\b"  # Dropbox, Nextcloud, Synology
)
_CONFLICT = (
    r"(?i)conflit|conflic(?!t (?:with|of|between|over|about)\b)|konflik|ristiriit|m[oô]tstridi"
    r"|modstrid|motstrid|çakış|ütköz"
    r"|конфл|διένεξ|競合|問題のある|冲突|衝突|충돌|ขัดแย้ง|xung đột|bercanggah|bentrok"
)
_COPY = (
    r"(?i)cop(?:y(?!right|edit)|[ií])|[ck][oóò]p[ií]|kopy|kopen|salinan|exemplaar|копи|копі|コピー|副本|複本|文件|檔案|사본"
    r"|복사본|másolat|αντίγραφ|สำเนา|bản sao"
)
_CASE = (
    r"(?i)\bunicode\b|\bcasse\b|may[uú]sc|mai[uú]sc|schreibung|hoofdletter|versal|skiftläge|wielkoś|регистр"
    r"|大文字|大小写|大小寫|대/?소문자"
)
_DATE = r"\d{4}-\d\d-\d\d|\b\d{8}\b|\b\d{12}\b|\b\d{14}\b"
_DIGIT = r"\d"
_WITH_APPENDIX = (
    r"\A(.+)(?:-(?:DESKTOP|LAPTOP)-[A-Z0-9]{7,8}(?:-\d+)?|_(?:BACKUP|BASE|LOCAL|REMOTE)_\d+)"
    r"(\.[A-Za-z]+)\Z"
)


def is_copy(name: str) -> bool:
    """Whether a file of that name is a copy of a page, and no page itself."""
    low = name.lower()
    if not low.isascii():
        from unicodedata import normalize  # noqa: PLC0415  (few names need it)

        # Macs take letters apart, Korean ones as well.
        name = normalize("NFC", name)
        low = name.lower()
    if low.isascii() and not any(map(low.__contains__, SUSPECT)):
        return False
    return any(sign in low for sign in _SIGNS) and _is_copy(name)


def original(name: str) -> str:
    """The page of which a file of that name is a copy, if that page is there; else empty."""
    if not any(map(name.__contains__, _APPENDED)):
        return ""
    found = _search(_WITH_APPENDIX, name)
    return found[1] + found[2] if found else ""


def _is_copy(name: str) -> bool:
    """Whether a name has one of the forms."""
    stem = name.rpartition(".")[0]
    if _search(_ANYWHERE, stem):
        return True
    found = _search(_IN_BRACKETS, stem)
    return found is not None and _is_reason(found[1])


def _is_reason(text: str) -> bool:
    """Whether a text in brackets tells of a conflict as a program does: of a copy, or when."""
    if _search(_PLAIN, text):
        return True
    if not _search(_CONFLICT, text):
        return False
    dated = _search(_DIGIT, text) and _search(_COPY, text)
    return bool(dated or _search(_DATE, text) or _search(_CASE, text))


def _search(pattern: str, text: str) -> re.Match[str] | None:
    # Compiled when a name comes so far, which few do: that takes a while.
    return re.search(pattern, text)


LARGEST = 256 * 1024
"""Bytes of the largest `.gitignore` that is read: some twenty times the largest in use."""

_ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENXIO}
"""No list is there, or one that git would not read either, such as a symlink."""


class _List:
    """Patterns, and what they see of a vault's names.

    Attributes:
        rules: the patterns.
        before: what stands before a name, if the list is of a folder above the vault.
        cut: how many bytes of a name are cut off, if it is of a folder in the vault.
    """

    __slots__ = ("before", "cut", "rules")

    def __init__(self, rules: Rules, before: bytes, cut: int) -> None:
        self.rules = rules
        self.before = before
        self.cut = cut


class Exclusions:
    """What is excluded in one folder of a vault and in those below it.

    Args:
        root: the vault's folder, a real path.
        first: the configuration's list.
        lists: the others, nearest first.
    """

    __slots__ = ("_all", "_first", "_lists", "_root")

    def __init__(
        self, root: str, first: tuple[_List, ...] = (), lists: tuple[_List, ...] = ()
    ) -> None:
        self._root = root
        self._first = first
        self._lists = lists
        self._all = first + lists

    def __bool__(self) -> bool:
        return bool(self._all)

    def within(self, folder: str) -> Exclusions:
        """The same, with the `.gitignore` of that folder.

        Args:
            folder: its name in the vault; empty for the vault itself.

        Raises:
            WriteError: that file can't be read, or holds too much.
        """
        rules = _read(self._root, f"{folder}/.gitignore" if folder else ".gitignore")
        if rules is None:
            return self
        cut = len(os.fsencode(folder)) + 1 if folder else 0
        return Exclusions(self._root, self._first, (_List(rules, b"", cut), *self._lists))

    def excludes(self, name: str, *, folder: bool) -> bool:
        """Whether what has that name is excluded, given that the folders it is in are not.

        Args:
            name: of a page or folder in this folder.
            folder: whether it is one.
        """
        path = os.fsencode(name)
        for each in self._all:
            verdict = each.rules.verdict(each.before + path[each.cut :], folder=folder)
            if verdict is not None:
                return verdict
        return False

    def seen_from(self, place: str) -> tuple[_List, ...]:
        """The lists as they see the names of a vault in that folder, which is as deep as any."""
        prefix = os.fsencode(f"{place}/" if place else "")
        return tuple(_List(each.rules, prefix[each.cut :], 0) for each in self._lists)


class NoExclusions(Exclusions):
    """Nothing is excluded, whatever lists there are."""

    __slots__ = ()

    def within(self, folder: str) -> Exclusions:  # noqa: ARG002  (see `Exclusions.within`)
        """The same."""
        return self


def exclusions(root: str, exclude: Sequence[str] | None) -> Exclusions:
    """What is excluded in a vault, but for its own `.gitignore`.

    Args:
        root: the vault's folder, a real path.
        exclude: the configuration's patterns; None where nothing is to be excluded.

    Raises:
        ConfigError: those are too many.
        WriteError: a list above the vault can't be read, or holds too much.
    """
    if exclude is None:
        return NoExclusions(root)
    try:
        rules = Rules("\n".join(exclude).encode()) if exclude else None
    except TooManyPatternsError as error:
        message = f"`exclude` has more than {MOST_GLOBS} patterns with wildcards"
        raise ConfigError(message) from error
    return Exclusions(root, (_List(rules, b"", 0),) if rules else (), _above(root))


def _above(root: str) -> tuple[_List, ...]:
    """The lists of the repository that the vault is part of."""
    top = _repository(root)
    if top is None:
        return ()
    info = _read(top, ".git/info/exclude")
    held = Exclusions(top, lists=(_List(info, b"", 0),) if info else ())
    place = os.path.relpath(root, top).replace(os.sep, "/")
    if place == ".":
        return held.seen_from("")
    for folder, below in _steps(place):
        held = held.within(folder)
        if held.excludes(below, folder=True):
            return ()
    return held.seen_from(place)


def _steps(place: str) -> Iterator[tuple[str, str]]:
    """`a/b` → `("", "a")`, `("a", "a/b")`: each folder with the next one in it."""
    folder = ""
    for part in place.split("/"):
        below = f"{folder}/{part}" if folder else part
        yield folder, below
        folder = below


def _repository(root: str) -> str | None:
    folder = root
    while not os.path.lexists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


def _read(folder: str, name: str) -> Rules | None:
    """A list's patterns; None where it is missing or has none.

    Raises:
        WriteError: it can't be read, or holds too much: nobody knows what it would exclude.
    """
    try:
        data = _bytes(os.path.join(folder, name))
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        raise WriteError(f"can't be read: {error.strerror}", page=name) from error
    if len(data) > LARGEST:
        raise WriteError(f"is larger than {LARGEST >> 10} kB", page=name)
    try:
        return Rules(data) if data.strip() else None
    except TooManyPatternsError as error:
        message = f"has more than {MOST_GLOBS} patterns with wildcards"
        raise WriteError(message, page=name) from error


def _bytes(path: str) -> bytes:
    # Symlinks are not followed, as git does not, and a pipe of that name is not waited at.
    descriptor = opened(path)
    try:
        return os.read(descriptor, LARGEST + 1)
    finally:
        os.close(descriptor)


OBSIDIAN = ".obsidian"
_TEMPLATE_SETTINGS = (
    ("templates.json", "folder"),
    ("plugins/templater-obsidian/data.json", "templates_folder"),
    ("plugins/quickadd/data.json", "templateFolderPath"),
)
_USUAL = frozenset({"templates", "_templates"})
LARGEST_SETTINGS = 1024 * 1024
"""Bytes of the largest settings that are read: a hundred times the largest in use."""

_SILVERBULLET = ("_plug", ".silverbullet.auth.json", ".silverbullet.db.json", ".silverbullet.db")
_LIBRARY, _CONFIG = "Library", "CONFIG.md"


def settings_files(root: str) -> Iterator[str]:
    """The files of a vault by which it shows where templates are kept, be they there or not.

    That a folder is made there, or above, shows only the next time that a page is looked at.
    """
    folder = os.path.join(root, OBSIDIAN)
    yield from (os.path.join(folder, name) for name in ("app.json", *dict(_TEMPLATE_SETTINGS)))
    yield from (os.path.join(root, name) for name in (_LIBRARY, _CONFIG))


class TemplateFolders:
    """The folders with templates in one vault.

    Args:
        root: the vault's folder, a real path.
    """

    __slots__ = ("_holding", "_known", "_root")

    def __init__(self, root: str) -> None:
        self._root = root
        self._holding: dict[str, bool] = {}
        self._known: dict[str, tuple[str, ...]] = {}

    def hold(self, name: str) -> bool:
        """Whether a page lies in one of them.

        Args:
            name: the page's.
        """
        above = name.rpartition("/")[0]
        if above not in self._holding:
            path = os.path.join(self._root, *name.split("/"))
            self._holding[above] = self._lies_in_one(os.path.dirname(path))
        return self._holding[above]

    def _lies_in_one(self, folder: str) -> bool:
        own = _alike(f"{folder}{os.sep}")
        return any(
            own.startswith(_alike(f"{each}{os.sep}"))
            for above in upwards(folder)
            for each in self._of(above)
        )

    def _of(self, folder: str) -> tuple[str, ...]:
        """The folders with templates that are known from what lies in that folder."""
        if folder not in self._known:
            self._known[folder] = (*_obsidian(folder), *_silverbullet(folder))
        return self._known[folder]


def _alike(path: str) -> str:
    """A path as file systems compare it that know neither cases nor how a letter is composed."""
    if not path.isascii():
        from unicodedata import normalize  # noqa: PLC0415  (few names need it)

        path = normalize("NFC", path)
    return path.casefold()


def _obsidian(folder: str) -> Iterator[str]:
    settings = os.path.join(folder, OBSIDIAN)
    if not os.path.isdir(settings):
        return
    said = [
        text for file, key in _TEMPLATE_SETTINGS if (text := _setting(f"{settings}/{file}", key))
    ]
    if not said:
        said = [name for name in os.listdir(folder) if name.lower() in _USUAL]
    for name in said:
        yield os.path.join(folder, *name.split("/"))


def _setting(path: str, key: str) -> str:
    """A folder that settings name; empty where they name none, or the whole vault."""
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST_SETTINGS)
    except OSError:
        return ""
    from json import loads  # noqa: PLC0415  (few vaults have such settings)

    try:
        found = loads(data)
    except (ValueError, RecursionError):
        return ""
    text = found.get(key) if isinstance(found, dict) else None
    # On Windows, plugins take what Explorer shows.
    return os.path.normpath(text.replace("\\", "/")).strip("./\\ ") if isinstance(text, str) else ""


def _silverbullet(folder: str) -> Iterator[str]:
    library = os.path.join(folder, _LIBRARY)
    if not os.path.isdir(library):
        return
    if any(os.path.lexists(os.path.join(folder, name)) for name in _SILVERBULLET) or (
        _is_silverbullets(os.path.join(folder, _CONFIG))
    ):
        yield library


def _is_silverbullets(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return b"```space-" in file.read(LARGEST_SETTINGS)
    except OSError:
        return False
