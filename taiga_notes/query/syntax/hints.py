"""What people write who know SQL, Lua or JavaScript, and what to write here."""

from __future__ import annotations

from typing import Literal, get_args

from taiga_notes.model.kinds import KINDS

ClauseWord = Literal["where", "group", "having", "order", "limit", "offset", "select"]
"""The words that begin a clause behind `from`; what the parser does not read is a type error."""

CLAUSES = frozenset({"from", *get_args(ClauseWord)})
"""The words that begin a clause of a query."""

BLOCK_CLAUSES = frozenset({"template", "each", "empty", "push"})
"""The words that begin the further clauses of a block."""

PUSHED = ("done", "status", "assignee", "sprint", "due", "blocked", "new")
"""What a block may send to Taiga, as its clause `push` names it: ticks, cells of the columns of
those fields, new lines."""

_KEYWORDS = CLAUSES | BLOCK_CLAUSES | {"by", "asc", "desc", "nulls", "first", "last", "filter"}
_OPERATORS = frozenset({"and", "or", "not", "in", "true", "false", "nil"})

REFUSED = {
    "function": "functions are not supported in a query",
    "using": "'using' is not supported in a query",
    **{
        word: f"'{word}' is not supported in a query"
        for word in (
            *("break", "do", "else", "elseif", "end", "for", "goto", "if", "local"),
            *("repeat", "return", "then", "until", "while"),
        )
    },
}
"""Lua's reserved words that a query has no use for, and what is said about them."""

REFUSED_HINTS = {
    "function": "a query is an expression: it can only look at rows",
    "using": "order by an expression, such as order by subject:lower()",
    "if": "write condition and value or other",
    "then": "write condition and value or other",
    "else": 'write condition and value or other; where nothing is found stands empty "…"',
    "return": "leave it out: a query is its own value",
}
"""What to write instead, by word."""

_NOTHING_CHANGES = "a query changes nothing: it makes new lists"
_NO_LOOPS = "a query is one expression: a nested query goes through a list"

REFUSED_FUNCTIONS = {
    **dict.fromkeys(("table.insert", "table.remove", "rawset", "setmetatable"), _NOTHING_CHANGES),
    **dict.fromkeys(("ipairs", "pairs", "next", "string.gmatch"), _NO_LOOPS),
    **dict.fromkeys(("pcall", "xpcall", "error", "assert"), "what is wrong is told anyway"),
    **dict.fromkeys(
        ("string.matchRegex", "string.matchRegexAll"),
        "write s:match('pattern'), with Lua's patterns, which always end",
    ),
    **dict.fromkeys(
        ("template.new", "tpl"),
        'write each "* %{row.subject}" as a clause of the block, or a file templates/NAME.md.j2 '
        "and templates.NAME",
    ),
    "getmetatable": "values are plain data",
    "math.cosineSimilarity": "items of Taiga have no vectors",
    "math.random": "the page would change at every render",
    "math.randomseed": "the page would change at every render",
    "os.clock": "write now()",
    "os.getenv": "a query sees nothing but Taiga and its page",
    "print": "select what is to be shown",
    "select": "name the values in a table: {x, y}[1]",
    **dict.fromkeys(("rawget", "rawlen", "rawequal"), "values are plain data"),
    **dict.fromkeys(("load", "require", "dofile", "os.exit"), "a query runs no other code"),
    **dict.fromkeys(("string.dump", "collectgarbage"), "a query runs no other code"),
    "table.move": _NOTHING_CHANGES,
    "string.pack": "a text is no sequence of bytes here",
    "string.unpack": "a text is no sequence of bytes here",
    "table.find": "write from (query[[from x = list where … limit 1]])",
    "table.pack": "write {x, y}",
    "table.sort": "write order by",
    "table.unpack": "a call gives one value: name it by its place, list[1]",
    "unpack": "a call gives one value: name it by its place, list[1]",
}
"""Functions of Lua and SilverBullet that a query has no use for, and what to do instead."""

_TEXT = "write subject:contains('text'), subject:startsWith('text') or subject:find('pattern')"
_AWAY = "a date some days away is today(7)"

_SQL = {
    **dict.fromkeys(("matches", "regex", "regexp", "rlike", "starts", "begins", "ends"), _TEXT),
    **dict.fromkeys(("day", "days", "week", "weeks", "month", "months"), _AWAY),
    **dict.fromkeys(("orderby", "order_by", "sortby", "sort_by"), "write order by"),
    **dict.fromkeys(("groupby", "group_by"), "write group by"),
    **dict.fromkeys(("includes", "has"), "write 'x' in list, or subject:contains('text')"),
    "first": "write limit n",
    "templates": "write template NAME, or select templates.NAME(_)",
    "when": "write condition and value or other",
    "as": "name a value with = in front of it: select {name = value}",
    "ascending": "write asc",
    "asc": "it belongs behind a key of order by",
    "between": "write low <= x and x <= high",
    "by": "write order by or group by",
    "case": "write condition and value or other",
    "contains": "write subject:contains('text')",
    "count": "write count()",
    "desc": "it belongs behind a key of order by",
    "descending": "write desc",
    "distinct": "leave it out: equal values are listed once anyway",
    "filter": "it belongs behind an aggregate: sum(x) filter(where condition)",
    "ilike": "write subject:lower():contains('text')",
    "is": "write x == nil or x ~= nil",
    "isnt": "write x ~= y",
    "join": "there are no joins: nest a query, or use the fields of the row",
    "like": _TEXT,
    "null": "write nil",
    "nulls": "it belongs behind a key of order by",
    "on": "there are no joins: nest a query, or use the fields of the row",
    "skip": "write offset n",
    "sort": "write order by",
    "sorted": "write order by",
    "take": "write limit n",
    "then": "write condition and value or other",
    "top": "write limit n",
    "union": "one query has one source",
    "with": "nest a query: from (query[[…]])",
}

_OR = "write value or other"
_CHOICE = "write condition and value or other"
_DATE = "write date(x, '%d %b %Y')"
_PART = "write date(x, '%Y'), date(x, '%m') or date(x, '%d')"
_SIZE = "write #x"
_PATTERN = "write subject:find('pattern')"
_TODAY = "write today()"

_FUNCTIONS = {
    **dict.fromkeys(("coalesce", "ifnull", "isnull", "nvl", "default"), _OR),
    **dict.fromkeys(("iif", "choice", "ifelse", "cond", "case"), _CHOICE),
    **dict.fromkeys(("exists", "isempty", "notempty"), "write x ~= nil"),
    **dict.fromkeys(("dateformat", "date_format", "strftime", "formatdate", "to_char"), _DATE),
    **dict.fromkeys(("year", "month", "day", "week", "weekday"), _PART),
    **dict.fromkeys(("datediff", "timediff", "daysbetween"), "write days(from, to)"),
    **dict.fromkeys(("dateadd", "date_add", "dur", "interval", "adddays"), _AWAY),
    **dict.fromkeys(("str", "string"), "write tostring(x)"),
    **dict.fromkeys(("int", "float", "number", "parseint", "parsefloat"), "write tonumber(x)"),
    **dict.fromkeys(("len", "length", "size", "table.length", "string.length"), _SIZE),
    **dict.fromkeys(("regex", "regexmatch", "regextest", "re.match", "re.search"), _PATTERN),
    **dict.fromkeys(("currentuser", "current_user", "user", "whoami", "me"), "write me.username"),
    **dict.fromkeys(("current_date", "curdate", "getdate", "moment", "date.today"), _TODAY),
    **dict.fromkeys(("os.today", "today.date", "datetime.today"), _TODAY),
    **dict.fromkeys(("date.now", "datetime.now"), "write today() or now()"),
    "concat": "write x .. y",
    "f": "join texts with ..: '#' .. ref",
    "filter": "write where",
    "map": "write select",
    "sort": "write order by",
    "tomorrow": "write today(1)",
    "yesterday": "write today(-1)",
    "math.round": "write round(x)",
    "math.sum": "write query[[from … select sum(x)]]",
}
"""Functions of other languages, in small letters."""

_METHODS = {
    **dict.fromkeys(("includes", "has"), "contains"),
    **dict.fromkeys(("indexof", "search", "test", "matches"), "find"),
    **dict.fromkeys(("tolowercase", "tolower", "lowercase"), "lower"),
    **dict.fromkeys(("touppercase", "toupper", "uppercase"), "upper"),
    **dict.fromkeys(("replace", "replaceall"), "gsub"),
    **dict.fromkeys(("substring", "substr", "slice", "charat"), "sub"),
    "strip": "trim",
    **dict.fromkeys(("startswith", "beginswith"), "startsWith"),
    "endswith": "endsWith",
}
"""Methods of other languages' strings, in small letters, and those of these."""

_LISTS = {
    name: kind.aliases[0] if kind.aliases else kind.name
    for kind in KINDS.values()
    for name in kind.misnomers
}

_DATAVIEW = frozenset({"list", "table", "task", "calendar"})
_LIBRARIES = frozenset({"coroutine", "debug", "io", "package", "utf8"})
_SILVERBULLET = frozenset(
    (
        *("index", "tags", "space", "widget", "widgets", "config", "system", "event", "js"),
        *("editor", "http", "net", "shell", "mermaid", "template", "spacelua", "_CTX"),
    )
)
_NOT_HERE = (
    "a query sees Taiga's lists (userstories, tasks, …), me and page, not SilverBullet's own"
)

_VALUES = {
    "null": "nil",
    "none": "nil",
    "undefined": "nil",
    "true": "true",
    "false": "false",
    "nil": "nil",
}


def hint_for(word: str, before: str = "") -> str:
    """What to write where `word` does not fit; empty where nothing is known.

    Args:
        word: the name that was not expected.
        before: the name in front of it, which may be the cause (`FROM p`, `order x`).
    """
    for each in (word, before):
        lower = each.lower()
        if each != lower and lower in _KEYWORDS | _OPERATORS:
            return f"keywords are lower-case: write {lower}"
    if before in {"order", "group"}:
        return f"write {before} by"
    if before == "from" and word:
        return "a query stands in query[[…]]"
    if before.lower() in _DATAVIEW:
        return f"leave {before} out, and begin with from; select names the columns"
    return _SQL.get("distinct" if before.lower() == "distinct" else word.lower(), "")


def hint_for_value(name: str) -> str:
    """What to write in place of an unknown variable; empty where nothing is known."""
    lower = name.lower()
    if lower in _VALUES:
        return f"write {_VALUES[lower]}"
    if lower in _LISTS:
        return f"did you mean '{_LISTS[lower]}'?"
    if name in _SILVERBULLET:
        return _NOT_HERE
    return _FUNCTIONS.get(lower, "") or hint_for(name)


def hint_for_function(name: str) -> str:
    """What to write in place of an unknown function; empty where nothing is known."""
    return _FUNCTIONS.get(name.lower(), "")


def hint_for_method(name: str, whole: str) -> str:
    """What to write in place of a method, or a field that is called, of another language.

    Args:
        name: its name.
        whole: what it was called of, as it is written.
    """
    lower = name.lower()
    if lower in {"length", "size", "count", "len"}:
        return f"write #{whole}"
    if lower in {"includes", "contains", "has", "any"}:
        return f"write {whole}:contains(…) for a text, '…' in {whole} for a list"
    if lower in {"where", "filter", "map", "select", "orderby", "sort", "limit"}:
        return f"write query[[from {whole} where … order by … select …]]"
    return f"write {whole}:{_METHODS[lower]}(…)" if lower in _METHODS else ""


def hint_for_root(root: str) -> str:
    """What is said of a call below a name of SilverBullet's or Lua's; empty of any other."""
    if root in _SILVERBULLET:
        return _NOT_HERE
    return "a query runs no other code" if root in _LIBRARIES else ""
