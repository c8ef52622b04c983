"""What a script in a SilverBullet page says: texts, settings of Taiga, functions. Never run.

Pure, in one pass over the tokens. A script is Lua, or what pages show as TOML: `taiga = {…}` and
`[taiga]` are read by the same rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taiga_notes.bake.token_reader import TokenReader
from taiga_notes.query.syntax.lexer import TokenKind, script_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TAIGA = "taiga."
_DEEPEST = 8
_OPENS = frozenset({"function", "do", "if", "repeat"})
_CLOSES = frozenset({"end", "until"})
_BRACKETS = {"{": 1, "(": 1, "[": 1, "}": -1, ")": -1, "]": -1}
_ENDS = frozenset({",", ";", "}", ")"})
_NEW = ("template", ".", "new")
_SET = ("config", ".", "set")


@dataclass(frozen=True, slots=True)
class LuaValue:
    """A value that a script gives to a name: its text, None where it is computed; its offset."""

    text: str | None
    at: int


@dataclass(frozen=True, slots=True)
class LuaFunction:
    """A function that a script defines.

    Attributes:
        name: as it is called: `templates.links`.
        at: offset of its definition.
        parameter: its first one; empty where it has none.
        start: offset of what it does.
        end: offset behind that.
    """

    name: str
    at: int
    parameter: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Script:
    """What was read.

    Attributes:
        settings: Taiga's, by name: `projectId`; the first of a name counts.
        texts: what other names stand for.
        functions: in their order.
        written: texts of `template.new`, by the name that is given to it.
        end: offset up to which the script could be read.
    """

    settings: Mapping[str, LuaValue]
    texts: Mapping[str, LuaValue]
    functions: tuple[LuaFunction, ...]
    written: Mapping[str, LuaValue]
    end: int


def read_script(text: str) -> Script:
    """What a script says, as far as it can be read."""
    reader = _ScriptReader(text)
    reader.read()
    found = reader.found
    settings = {
        name.removeprefix(_TAIGA): value
        for name, value in found.values.items()
        if name.startswith(_TAIGA)
    }
    texts = {name: value for name, value in found.values.items() if not name.startswith(_TAIGA)}
    return Script(settings, texts, tuple(found.functions), found.written, reader.tokens[-1].at)


@dataclass(slots=True)
class _Found:
    values: dict[str, LuaValue] = field(default_factory=dict)
    functions: list[LuaFunction] = field(default_factory=list)
    written: dict[str, LuaValue] = field(default_factory=dict)

    def add(self, name: str, value: LuaValue) -> None:
        self.values.setdefault(name, value)


class _ScriptReader(TokenReader):
    """Reads a script from its first token to its last."""

    def __init__(self, text: str) -> None:
        super().__init__([*script_tokens(text)])
        self.text = text
        self.section = ""
        self.found = _Found()

    def read(self) -> None:
        """See `read_script`."""
        while self._token.kind is not TokenKind.END:
            begin = self.next
            self._statement()
            self.next = max(self.next, begin + 1)

    def _statement(self) -> None:
        if self._passed("function"):
            self._function(self._path())
        elif self._passed(*_SET):
            self._setting()
        elif self._token.text == "[" and self._token.kind is TokenKind.SIGN:
            self._section()
        elif self._token.kind is TokenKind.NAME:
            name = self._path()
            if self._passed("="):
                self._assigned(self.section + name)
            elif self._token.text in {"(", "{"}:
                self._expression()

    def _section(self) -> None:
        """A table's head in TOML, `[taiga]`, on a line of its own: what follows is said of it."""
        on_its_own = self.next == 0 or self._begins_line()
        self._take()
        name = self._path()
        if on_its_own and name and self._passed("]"):
            self.section = f"{name}."

    def _assigned(self, name: str) -> None:
        """What is given to a name."""
        at = self._token.at
        if self._passed(*_NEW):
            self._expression()
            end = self.tokens[self.next].at
            self.found.written.setdefault(name, LuaValue(self.text[at:end].rstrip(" \t\n,;"), at))
        else:
            for path, value in self._values(name, 0):
                self.found.add(path, value)

    def _function(self, name: str) -> None:
        """A function from its parameters to its `end`, or to where the script ends."""
        at = self._token.at
        parameter = ""
        if self._passed("("):
            parameter = self._token.text if self._token.kind is TokenKind.NAME else ""
            while self._token.kind is not TokenKind.END and not self._passed(")"):
                self._take()
        start, depth = self._token.at, 1
        while depth and self._token.kind is not TokenKind.END:
            last = self.tokens[self.next - 1].text
            token = self._take()
            if token.kind is TokenKind.NAME and last not in {".", ":"}:
                depth += (token.text in _OPENS) - (token.text in _CLOSES)
        end = self.tokens[self.next - 1].at
        if name and not depth:
            self.found.functions.append(LuaFunction(name, at, parameter, start, end))

    def _setting(self) -> None:
        """What `config.set` is given: a path and a value, or a table."""
        in_brackets = self._passed("(")
        path = self._token.text if self._token.kind is TokenKind.STRING else ""
        if path:
            self._take()
        elif self._is_list():
            path = ".".join(self._strings())
        if path and in_brackets and self._passed(","):
            found = self._values(path, 0)
        else:
            found = self._values("", 0)
        for name, value in found:
            self.found.add(name, value)

    def _is_list(self) -> bool:
        """Whether a table of strings stands here, `{"taiga", "user"}`."""
        return self._token.text == "{" and self.tokens[self.next + 1].kind is TokenKind.STRING

    def _strings(self) -> Iterator[str]:
        self._take()
        while self._token.kind is TokenKind.STRING:
            yield self._take().text
            self._passed(",")
        self._passed("}")

    def _values(self, name: str, depth: int) -> Iterator[tuple[str, LuaValue]]:
        """What stands here, by the name that it is given; of a table, that of each part."""
        if self._passed("function"):
            self._function(name)
            return
        if depth < _DEEPEST and self._passed("{"):
            while self._token.kind is not TokenKind.END and not self._passed("}"):
                key = self._key()
                if key:
                    yield from self._values(f"{name}.{key}" if name else key, depth + 1)
                elif not self._expression() or self._token.text in {",", ";"}:
                    self._take()
            return
        token = self._token
        count = self._expression()
        is_plain = count == 1 and token.kind in {TokenKind.STRING, TokenKind.NUMBER}
        yield name, LuaValue(token.text if is_plain else None, token.at)

    def _key(self) -> str:
        """The name of a table's part, with its `=`; empty where it has none."""
        begin = self.next
        in_brackets = self._passed("[")
        key = self._take().text
        if (not in_brackets or self._passed("]")) and self._passed("="):
            return key
        self.next = begin
        return ""

    def _expression(self) -> int:
        """Passes an expression; how many tokens it has, one at least where it is not the end."""
        begin, depth = self.next, 0
        while self._token.kind is not TokenKind.END:
            token = self._token
            is_sign = token.kind is TokenKind.SIGN
            ends = is_sign and token.text in _ENDS
            if not depth and (ends or (self.next > begin and self._begins_next())):
                break
            self._take()
            depth += _BRACKETS.get(token.text, 0) if is_sign else 0
            depth += 2 if token.kind is TokenKind.QUERY else 0
        return self.next - begin

    def _begins_next(self) -> bool:
        """Whether a new statement or a table's next part begins, behind a whole value."""
        last, token = self.tokens[self.next - 1], self._token
        if token.text == "[" and self._begins_line():
            return True
        is_whole = last.kind is not TokenKind.SIGN or last.text in {")", "]", "}"}
        return is_whole and token.kind is TokenKind.NAME and token.text not in {"and", "or", "not"}

    def _begins_line(self) -> bool:
        """Whether the next token stands on another line than the last one began on."""
        return "\n" in self.text[self.tokens[self.next - 1].at : self._token.at]

    # Tokens

    def _path(self) -> str:
        """A name and those below it, `templates.links`; empty where there is none."""
        if self._token.kind is not TokenKind.NAME:
            return ""
        path = [self._take().text]
        while self._passed(".") or self._passed(":") or self._is_key():
            path.append(self._take().text)
            self._passed("]")
        return ".".join(path)

    def _is_key(self) -> bool:
        """Whether a key in quotes comes next, `["links"]`; its bracket is passed then."""
        kinds = [token.kind for token in self.tokens[self.next : self.next + 3]]
        fits = kinds == [TokenKind.SIGN, TokenKind.STRING, TokenKind.SIGN]
        return fits and self.tokens[self.next + 2].text == "]" and self._passed("[")
