"""What a SilverBullet page that brings Taiga along becomes here. It is read, never run.

Such a page has settings (`taiga = {user = …}`, `config.set("taiga", {…})`), a script that logs in
and fetches, queries that show how to ask, and templates that are functions. Pure.

    settings          taiga-notes.toml, but for who logs in, and by what
    templates.NAME    a template of that name
    ${…} on Taiga     a block, in a page of their own
    the rest          is replaced by the program, or told, with its line
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from taiga_notes.bake.baking import Baked, Left, bake
from taiga_notes.bake.live import Unfit, live
from taiga_notes.bake.space_lua import LuaFunction, LuaValue, read_script
from taiga_notes.bake.template_functions import (
    UnfitTemplateError,
    function_text,
    template_file,
    written_text,
)
from taiga_notes.errors import BlockError
from taiga_notes.page.block_finder import masked, occupied, unprefixed
from taiga_notes.page.layout import LINE_END, PieceKind, layout
from taiga_notes.query import reads_taiga

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from taiga_notes.bake.live import Check

MOST_TEMPLATES = 100
"""More are told: each is read, and tried on invented rows."""

_TEMPLATES = "templates."
_FETCH = "getTaigaTasks"
_PATH = "/userstories?project={project}&status__is_archived=false"
"""What `getTaigaTasks()` asks for in the published script, and here."""

_FENCE = re.compile(r"[`~]{3,}[ \t]*([^\s`{]*)[^\n]*\n?")
_SCRIPTS = frozenset({"space-lua", "lua", "toml"})
_SHOWN = frozenset({"lua", "markdown", "md", ""})
"""Code of these languages may show queries as they are to be written."""
_REMARK = re.compile(r"""^((?:[^"'#\n]|"[^"\n]*"|'[^'\n]*')*)(#[^\n]*)""", re.MULTILINE)
_API = re.compile(r"(https?://[^\s\"'\\?#@]{1,300}/api/v[0-9]{1,3})/?", re.IGNORECASE)
_ACCOUNT = re.compile(r"//.*@", re.DOTALL)
"""Who logs in at an address, and by what: that is shown to nobody."""
_WEB = re.compile(r"(https?://[^\s\"'\\?#@()\[\]%]{1,300}?)/project/")
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,499}")
_LIVE_SIGNS = frozenset("<$`[]{}")
_OF_TAIGA = r"""config\.get\(["']taiga(?:["']\)\.|\.)(\w+)(?:["']\))?"""
_SETTING = re.compile(_OF_TAIGA)
_PIECE = re.compile(rf"""\s*(?:\.\.)?\s*(?:"([^"\\\n]*)"|'([^'\\\n]*)'|{_OF_TAIGA})""")
_PATH_BEGINS = re.compile(r"""["']/(?=[a-z])""")
_BARE = re.compile(rf"\b{_FETCH}\s*\(\s*\)")
_PROJECT = re.compile(r"[?&]project=([^&\"'\s]+)")
_BRACED = re.compile(r"\{(\w+)\}")
_CALLED = re.compile(r"\b([A-Za-z_]\w*)\s*\(")
_NAME = re.compile(r"[A-Za-z_]\w{0,99}", re.ASCII)
_LONGEST_ID = 18

_KEYS = {
    **dict.fromkeys(("user", "username", "login"), "username"),
    "userid": "me",
    **dict.fromkeys(("password", "pass", "token"), "password"),
    **dict.fromkeys(("projectid", "project", "projectslug"), "project"),
    **dict.fromkeys(("url", "api", "apiurl", "baseurl", "server"), "api"),
}
"""What pages call their settings, in small letters and without `_`, and what they are."""


def _key(name: str) -> str:
    """What a setting is; its own name where that is not known."""
    return _KEYS.get(name.replace("_", "").lower(), name)


@dataclass(frozen=True, slots=True)
class LiveQuery:
    """A live query: its directive, the heading that it stands under, its 1-based line."""

    text: str
    heading: str
    line: int


@dataclass(frozen=True, slots=True)
class PageSettings:
    """What a page says of server and account.

    Attributes:
        api: the API's address; empty where it says none.
        web: where the links of its templates lead; empty likewise.
        username: who logs in; empty likewise.
        project: the slug or the number of the project; None likewise.
        me: the line of the user's number, for which queries here write `me`; 0 without.
        password: the line on which a password stands; 0 without.
    """

    api: str = ""
    web: str = ""
    username: str = ""
    project: str | int | None = None
    me: int = 0
    password: int = field(default=0, repr=False)


@dataclass(frozen=True, slots=True)
class IntegrationPage:
    """What was found in a page.

    Attributes:
        settings: see `PageSettings`.
        templates: what each writes for a row, such as `* %{row.subject}`, by name.
        queries: its live queries, in its order.
        left: what can't be turned, in its order.
    """

    settings: PageSettings
    templates: Mapping[str, str]
    queries: tuple[LiveQuery, ...]
    left: tuple[Left, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing of Taiga in it."""
        found = self.templates, self.queries, self.left
        return self.settings == PageSettings() and not any(found)

    def template_files(self) -> dict[str, str]:
        """The text of each template's file, by name."""
        return {
            name: template_file(text, f"From SilverBullet: templates.{name}.")
            for name, text in self.templates.items()
        }

    def blocks(self, title: str, check: Check) -> Baked:
        """A page with a block for each live query; those that do not fit are told by their lines.

        Args:
            title: its heading.
            check: see `bake`.
        """
        text, starts = _page(title, self.queries)
        unfit = {bisect_right(starts, one.line) - 1: one for one in bake(text, check=check).left}
        fitting = [one for number, one in enumerate(self.queries) if number not in unfit]
        baked = bake(_page(title, fitting)[0], check=check)
        left = (replace(one, line=self.queries[number].line) for number, one in unfit.items())
        return replace(baked, left=tuple(left))


def _page(title: str, queries: Sequence[LiveQuery]) -> tuple[str, list[int]]:
    """A page of live queries, and the line on which the part of each begins."""
    parts, starts, line = [f"# {title}\n"], [], 2
    for each in queries:
        heading = f"## {each.heading}\n\n" if each.heading else ""
        parts.append(f"\n{heading}{each.text}\n")
        starts.append(line)
        line += parts[-1].count("\n")
    return "".join(parts), starts


def read_integration(text: str, fault: Callable[[str], str]) -> IntegrationPage:
    """What a page holds that can be taken over.

    Args:
        text: the page, its newlines untouched.
        fault: what is wrong with a template that writes such a text; empty if nothing.
    """
    return _PageReader("\n".join(LINE_END.split(text)), fault).page()


class _Code(NamedTuple):
    """Fenced code: its language, its text, the 1-based line of the page on which that begins."""

    language: str
    text: str
    line: int

    def line_of(self, at: int) -> int:
        """The page's line of an offset in the text."""
        return self.line + self.text.count("\n", 0, at)


def _codes(text: str) -> Iterator[_Code]:
    """The fenced code of a page; line ends are LF."""
    at, line = 0, 1
    for piece in layout(text):
        if piece.kind is not PieceKind.FENCE:
            continue
        line, at = line + text.count("\n", at, piece.start), piece.start
        prefix = masked(text[piece.line : piece.start])
        lines = unprefixed(text[piece.start : piece.end], prefix)
        language = _FENCE.match(lines[0])
        code = "\n".join(lines[1:-1] if piece.closed else lines[1:])
        yield _Code(language[1] if language else "", code, line + 1)


@dataclass(slots=True)
class _PageReader:
    """Puts together what the page's scripts and queries say."""

    text: str
    fault: Callable[[str], str]
    settings: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    templates: dict[str, str] = field(default_factory=dict)
    functions: set[str] = field(default_factory=set)
    path: str = _PATH
    web: str = ""
    tried: int = 0
    left: set[tuple[int, str]] = field(default_factory=set)

    def page(self) -> IntegrationPage:
        """See `read_integration`."""
        codes = [*_codes(self.text)]
        for code in codes:
            if code.language in _SCRIPTS:
                self._script(code)
        shown = (code for code in codes if code.language in _SHOWN)
        whole = _Code("", self.text, 1)
        found = [one for code in (whole, *shown) for one in self._queries(code)]
        settings = PageSettings(
            self.settings.get("api", ""),
            self.web,
            self.settings.get("username", ""),
            self._project(),
            self.lines.get("me", 0),
            self.lines.get("password", 0),
        )
        found.sort(key=lambda one: one.line)
        left = (Left(line, reason) for line, reason in sorted(self.left))
        return IntegrationPage(settings, self.templates, tuple(found), tuple(left))

    def _leave(self, line: int, reason: str) -> None:
        self.left.add((line, reason))

    # Settings

    def _setting(self, name: str, value: LuaValue, line: int) -> None:
        key = _key(name)
        if key not in _KEYS.values():
            self._leave(line, f"there is no setting for taiga.{name[:40]}")
        elif value.text is None and key != "password":
            self._leave(line, f"taiga.{name[:40]} is computed: say it in taiga-notes.toml")
        elif key == "api":
            self._address(value.text or "", line)
        elif key == "username" and not (value.text or "").isprintable():
            self._leave(line, "this is no user name")
        else:
            self.lines.setdefault(key, line)
            # A password goes no further than this.
            self.settings.setdefault(key, "" if key == "password" else value.text or "")

    def _address(self, text: str, line: int) -> None:
        found = _API.fullmatch(text)
        if found is None:
            shown = _ACCOUNT.sub("//…@", text)[:80]
            self._leave(line, f"{shown!r} is no address of an API, such as https://…/api/v1")
        elif self.settings.setdefault("api", found[1]) != found[1]:
            self._leave(line, "it names another server as well: set that one up by itself")

    def _project(self) -> str | int | None:
        said = self.settings.get("project", "")
        if said.isascii() and said.isdecimal() and len(said) <= _LONGEST_ID and int(said):
            return int(said)
        if _SLUG.fullmatch(said):
            return said
        if "project" in self.lines:
            reason = f"{said[:40]!r} is no project's slug or number: set `project`"
            self._leave(self.lines["project"], reason)
        return None

    # Scripts

    def _script(self, code: _Code) -> None:
        text = _REMARK.sub(_blanked, code.text) if code.language == "toml" else code.text
        script = read_script(text)
        if script.end < len(text) and code.language != "lua":
            self._leave(code.line_of(script.end), "the script can't be read from here on")
        for name, value in script.settings.items():
            self._setting(name, value, code.line_of(value.at))
        for value in script.texts.values():
            if value.text and _API.fullmatch(value.text):
                self._address(value.text, code.line_of(value.at))
        for function in script.functions:
            self._function(code, function)
        for name, written in script.written.items():
            self._template(code, name, written.at, partial(written_text, written))

    def _function(self, code: _Code, function: LuaFunction) -> None:
        if function.name.startswith(_TEMPLATES):
            text_of = partial(function_text, code.text, function)
            self._template(code, function.name, function.at, text_of)
            found = _WEB.search(code.text, function.start, function.end)
            self.web = self.web or (found[1] if found else "")
            return
        self.functions.add(function.name.rpartition(".")[2])
        body = code.text[function.start : function.end]
        if function.name == _FETCH:
            self._fetch(body, code.line_of(function.at))
        elif "http.request" not in body:
            # What asks Taiga, or logs in there, the program does by itself.
            reason = f"the function {function.name[:40]} has no like here"
            self._leave(code.line_of(function.at), reason)

    def _fetch(self, body: str, line: int) -> None:
        """Which list the page's own `getTaigaTasks()` asks for."""
        begin = _PATH_BEGINS.search(body)
        position, path = begin.start() if begin else len(body), ""
        while found := _PIECE.match(body, position):
            setting = f"{{{_key(found[3])}}}" if found[3] else ""
            path += setting or found[1] or found[2] or ""
            position = found.end()
        self.path = path
        if not path:
            self._leave(line, f"it can't be told which list {_FETCH}() asks for")

    def _template(self, code: _Code, name: str, at: int, text_of: Callable[[], str]) -> None:
        own = name.removeprefix(_TEMPLATES)
        reason, text = "", ""
        self.tried += 1
        if own == name or not _NAME.fullmatch(own):
            reason = "a template has to be called templates.NAME"
        elif self.tried > MOST_TEMPLATES:
            reason = f"the page has more than {MOST_TEMPLATES} templates"
        else:
            try:
                text = text_of()
                reason = self.fault(text)
            except UnfitTemplateError as error:
                reason, at = error.reason, error.at
        if reason:
            self._leave(code.line_of(at), f"{name[:60]}: {reason}")
        else:
            self.templates[own] = text

    # Queries

    def _queries(self, code: _Code) -> Iterator[LiveQuery]:
        """The live queries of a page, or of code that is read as one."""
        try:
            found = live(code.text, occupied(code.text), self._is_ours, lambda _query, _form: "")
        except BlockError as error:
            self._leave(code.line + error.line - 1, error.message)
            return
        end = 0
        for each in found:
            line = code.line_of(each.start)
            if isinstance(each, Unfit):
                self._leave(line, each.reason)
            elif code.text.startswith("${", each.start):
                heading = _heading(code.text[end : each.start])
                end = each.edits[-1][1]
                text = self._query(_directive(code.text, each.start, end), line)
                if text:
                    yield LiveQuery(text, heading, line)

    def _is_ours(self, expression: str) -> bool:
        return reads_taiga(expression) or self._foreign(expression) != ""

    def _foreign(self, expression: str) -> str:
        """The page's own function that an expression calls; empty where it calls none."""
        called = _CALLED.findall(expression)
        return next((name for name in called if name in self.functions - {_FETCH}), "")

    def _query(self, text: str, line: int) -> str:
        """A directive as it is to be written; empty where it can't be."""
        foreign = self._foreign(text)
        if foreign:
            self._leave(line, f"the function {foreign[:40]} has no like here")
            return ""
        if self.path not in {"", _PATH}:
            path = _BRACED.sub(lambda found: self._number(found[1]) or found[0], self.path)
            text = _BARE.sub(lambda _: f"{_FETCH}('{path}')", text)
        text = _SETTING.sub(lambda found: self._literal(found[1]) or found[0], text)
        for found in _PROJECT.finditer(text):
            if not found[1].isdecimal():
                self._leave(line, f"{found[1][:40]!r} is no project's number: put yours there")
        return text

    def _literal(self, name: str) -> str:
        number = self._number(name)
        return f"'{number}'" if number else ""

    def _number(self, name: str) -> str:
        """The text of a setting that is a number; empty for any other."""
        said = self.settings.get(_key(name), "")
        return said if said.isascii() and said.isdecimal() else ""


def _directive(text: str, start: int, end: int) -> str:
    """A directive, without what stands before each of its lines."""
    head = masked(text[text.rfind("\n", 0, start) + 1 : start])
    return "\n".join(unprefixed(text[start:end], head if not head.strip(" \t>") else ""))


def _heading(text: str) -> str:
    """The last heading or remark in what stands before a query; empty where it would act."""
    lines = (line.strip() for line in reversed(text.split("\n")))
    found = next((line for line in lines if line.startswith("#")), "")
    return "" if set(found) & _LIVE_SIGNS else found.lstrip("# \t")


def _blanked(found: re.Match[str]) -> str:
    return found[1] + " " * len(found[2])
