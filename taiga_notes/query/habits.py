"""What people write out of habit from SQL, Lua or JavaScript, and what to write here."""

from __future__ import annotations

CLAUSES = frozenset({"from", "where", "group", "having", "order", "limit", "offset", "select"})
"""The words that begin a clause of a query."""

BLOCK_CLAUSES = frozenset({"template", "each", "empty"})
"""The words that begin the further clauses of a block."""

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
    "else": "write condition and value or other",
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
    "string.pack": "a text is no sequence of bytes here",
    "string.unpack": "a text is no sequence of bytes here",
    "table.find": "write from (query[[from x = list where … limit 1]])",
    "table.pack": "write {x, y}",
    "table.sort": "write order by",
    "table.unpack": "a call gives one value: name it by its place, list[1]",
    "unpack": "a call gives one value: name it by its place, list[1]",
}
"""Functions of Lua and SilverBullet that a query has no use for, and what to do instead."""

_SQL = {
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
    "like": "write subject:contains('text'), subject:startsWith('text') or subject:find('pattern')",
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
    return _SQL.get("distinct" if before.lower() == "distinct" else word.lower(), "")


def hint_for_value(name: str) -> str:
    """What to write in place of an unknown variable; empty where nothing is known."""
    lower = name.lower()
    if lower in _VALUES:
        return f"write {_VALUES[lower]}"
    return hint_for(name)
