"""Everything that can go wrong, as one tree.

    TaigaNotesError
    ├── ConfigError              settings, flags, configuration files
    │   └── SettingError         what stands in such a file (file, line, column)
    ├── BlockError               a block in a page (page, line)
    │   ├── QueryError           its query (line, column)
    │   └── UnreachedError       the blocks before it took all of the run's time
    ├── SourceError              Taiga, or a snapshot, gave no rows
    │   ├── RefusedError         Taiga answered no (status, code)
    │   ├── UnreachableError     no network, a time-out, 5xx
    │   │   ├── NotStoredError   nobody is to be asked, and it was never stored
    │   │   └── ThrottledError   too many requests (seconds)
    │   ├── LoginError           no credentials, or refused ones
    │   ├── UnknownServerError   there is none of that name
    │   └── UntrustedError       a vault asks for what only a trusted one may have
    ├── RenderError              a template (template, line)
    │   ├── MissingNameError     it names what nothing has, whatever the rows are
    │   └── EndedError           it had to be ended from outside
    └── WriteError               a page could not be read or written (page)
        ├── PageGoneError        there is no such page any more
        ├── PageChangedError     it is no longer what was read: read it again
        ├── PageTakenError       it is to be made, and something is there by its name
        └── PageBusyError        somebody is writing it: leave it in peace for now

Each error says in one sentence what is wrong and, in `hint`, what to do about it; where a name
does not exist, which one may have been meant.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_MEANT = "did you mean "
_SHOWN = 12
_TELLING = 3
_LIKE = 0.7


class TaigaNotesError(Exception):
    """The root of the tree.

    Args:
        message: what is wrong, one sentence, no full stop, no line break.
        hint: what to do about it, one sentence; empty where the message says it all.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.sentence

    @property
    def sentence(self) -> str:
        """What is wrong and what to do about it, without the place, for who tells that himself."""
        return f"{self.message} ({self.hint})" if self.hint else self.message


def own_mistake(error: BaseException) -> str:
    """What is told of an error that nobody foresaw, in one sentence."""
    return f"a mistake in taiga-notes itself: {type(error).__name__}: {error}"


class ConfigError(TaigaNotesError):
    """A setting, a flag or a configuration file is wrong."""


class SettingError(ConfigError):
    """A configuration file says something wrong.

    Args:
        what: what is wrong, as `TaigaNotesError.message`, without the place.
        file: the file.
        line: 1-based line in it; 0 where it is the file as a whole.
        column: 1-based column in that line, in characters; 0 where it is the line as a whole.
        hint: see `TaigaNotesError`.
    """

    def __init__(
        self, what: str, *, file: str, line: int = 0, column: int = 0, hint: str = ""
    ) -> None:
        place = file + (f", line {line}" if line else "") + (f", column {column}" if column else "")
        super().__init__(f"{place}: {what}", hint=hint)
        self.what = what
        self.file = file
        self.line = line
        self.column = column


class BlockError(TaigaNotesError):
    """A block in a page is wrong.

    Args:
        message: see `TaigaNotesError`.
        page: the page's name as the user knows it; empty where there is none.
        line: 1-based line in that page (or in the expression, without a page).
        hint: see `TaigaNotesError`.
    """

    def __init__(self, message: str, *, page: str = "", line: int = 1, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.page = page
        self.line = line


class QueryError(BlockError):
    """A query can't be read, compiled or evaluated.

    Args:
        message: see `TaigaNotesError`.
        line: 1-based line in the query's text.
        column: 1-based column in that line, in characters.
        source: the query's line, for display over a caret; empty where unknown.
        page: the page's name; empty where there is none.
        hint: see `TaigaNotesError`.
    """

    def __init__(
        self,
        message: str,
        *,
        line: int = 1,
        column: int = 1,
        source: str = "",
        page: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, page=page, line=line, hint=hint)
        self.query_line = line
        self.column = column
        self.source = source

    def __str__(self) -> str:
        place = f"{self.message} (line {self.query_line}, column {self.column})"
        return f"{place}: {self.hint}" if self.hint else place

    @property
    def sentence(self) -> str:
        """See `TaigaNotesError.sentence`."""
        return f"{self.message}: {self.hint}" if self.hint else self.message


class UnreachedError(BlockError):
    """A block was not looked at: those before it took all the time that a run has."""


class SourceError(TaigaNotesError):
    """Rows can't be had: Taiga (or a snapshot) refused, or answered nonsense."""


class RefusedError(SourceError):
    """Taiga answered, and the answer was no: 400, 403, 404 and their kin.

    Args:
        message: see `TaigaNotesError`.
        status: the HTTP status.
        code: Taiga's own stable name for the reason (`invalid_credentials`, `PermissionDenied`);
            empty where it gave none. Never match on texts: they come translated.
        fields: of a 400, the fields that it is about.
        hint: see `TaigaNotesError`.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str = "",
        fields: frozenset[str] = frozenset(),
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code
        self.fields = fields


class UnreachableError(SourceError):
    """Taiga can't be reached now: no network, a time-out, 5xx, or throttled for too long."""


class NotStoredError(UnreachableError):
    """Nobody is to be asked, and it is not in the store."""


class ThrottledError(UnreachableError):
    """Taiga, or a proxy before it, asks to wait.

    Args:
        message: see `TaigaNotesError`.
        seconds: for how long; None where it did not say.
        by_taiga: whether it is Taiga that asks.
        hint: see `TaigaNotesError`.
    """

    def __init__(
        self, message: str, *, seconds: float | None, by_taiga: bool, hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.seconds = seconds
        self.by_taiga = by_taiga


class LoginError(SourceError):
    """Taiga wants credentials, or refused those that it got."""


class UnknownServerError(SourceError):
    """A server is named that the user's own configuration does not have."""


class UntrustedError(SourceError):
    """A vault asks for what the user's own configuration gives to trusted ones only."""


class RenderError(TaigaNotesError):
    """A template is missing or failed.

    Args:
        message: see `TaigaNotesError`.
        template: its name or file; empty where there is none.
        line: 1-based line in the template; 0 where unknown.
        column: 1-based column in that line; 0 where unknown.
        hint: see `TaigaNotesError`.
    """

    def __init__(
        self, message: str, *, template: str = "", line: int = 0, column: int = 0, hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.template = template
        self.line = line
        self.column = column

    def __str__(self) -> str:
        where = f"{self.template}, line {self.line}" if self.line else self.template
        where += f", column {self.column}" if self.column else ""
        text = f"{where}: {self.message}" if where else self.message
        return f"{text} ({self.hint})" if self.hint else text


class MissingNameError(RenderError):
    """A template names a field, or something else, that there is not, whatever its rows are."""


class EndedError(RenderError):
    """A template took so long, or so much, that it was ended from outside."""


class WriteError(TaigaNotesError):
    """A page could not be read or written.

    Args:
        message: see `TaigaNotesError`.
        page: the page's name as the user knows it.
        hint: see `TaigaNotesError`.
    """

    def __init__(self, message: str, *, page: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.page = page


class PageGoneError(WriteError):
    """There is no such page, or no longer: who came upon it in a walk passes it by."""


class PageChangedError(WriteError):
    """A page is no longer what was read: someone else's text wins, and it is to be read again."""


class PageTakenError(WriteError):
    """A page is to be made, and something is there by its name, which is never replaced."""


class PageBusyError(WriteError):
    """Somebody is writing a page: it has just been saved, or is held open. It is left in peace.

    Args:
        message: see `TaigaNotesError`.
        page: see `WriteError`.
        hint: see `TaigaNotesError`.
        rest: seconds after which it may be at rest.
    """

    def __init__(self, message: str, *, page: str, hint: str, rest: float) -> None:
        super().__init__(message, page=page, hint=hint)
        self.rest = rest


def similar(text: str, texts: Iterable[str], count: int, cutoff: float) -> list[str]:
    """Those of some texts that differ little from one, the nearest first.

    Args:
        text: the one, of the same case.
        texts: to look through.
        count: the most to give.
        cutoff: how alike they have to be, from 0 to 1.
    """
    from difflib import get_close_matches  # noqa: PLC0415 - costs only those who mistype

    return get_close_matches(text, [*texts], count, cutoff)


def close_matches(name: str, names: Iterable[str], count: int = 3) -> list[str]:
    """The names that look like `name`, the likeliest first."""
    folded = {each.lower(): each for each in sorted(names)}
    if name.lower() in folded:
        return [folded[name.lower()]]
    found = similar(name.lower(), folded, count, _LIKE)
    if not found and len(name) >= _TELLING:
        found = [each for each in folded if _is_within(name.lower(), each)][:count]
    return [folded[each] for each in found]


def _is_within(part: str, whole: str) -> bool:
    """Whether a name is part of another, be it in the plural: `story` of `userstories`."""
    return part in whole or (part.endswith("y") and f"{part[:-1]}ies" in whole)


def did_you_mean(name: str, names: Iterable[str], prefix: str = "") -> str:
    """A hint: the nearest names, or all of them where none is near and they are few."""
    known = sorted(names)
    found = close_matches(name, known)
    if found:
        return meant(f"{prefix}{each}" for each in found)
    if not known or len(known) > _SHOWN:
        return ""
    return f"there are {', '.join(prefix + each for each in known)}"


def meant(names: Iterable[str]) -> str:
    """The question about these names."""
    return f"{_MEANT}{' or '.join(repr(name) for name in names)}?"


def names_meant(text: str) -> list[str]:
    """The names of which a text asks whether they were meant, as `meant` does."""
    from ast import literal_eval  # noqa: PLC0415 - only who offers to write them

    _, asked, names = text.partition(_MEANT)
    if not asked or not names.endswith("?"):
        return []
    try:
        return [str(literal_eval(name)) for name in names[:-1].split(" or ")]
    except (SyntaxError, ValueError):  # a name that holds the word
        return []
