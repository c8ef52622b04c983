"""Making strangers' text inert: whatever a story's subject says, a note shows it and does no more.

Pure. A note is a program in many editors, so text is disarmed in two ways (`disarmed`):

- A backslash before the characters that CommonMark and GFM act upon one by one (`* _ ~ | $ # ^ < {`
  and the backslash, the backtick, a bracket without a partner): Markdown formatters know what they
  mean and keep it.
- A word joiner (U+2060, invisible, no space) inside every opener of two or more characters:
  `${ {{ {% <% <!-- [[ ]( ![ %% == :: ://` and the like. Formatters know nothing of most of these
  and remove backslashes that they think useless; the joiner stays, and no editor, not even one
  that searches the page's source with a regular expression, finds its opener.

That an opener is real was read off the editors' own sources, where there are any.

What a text's edges need depends on what comes to stand beside them: `# x` is a heading at the start
of a line and text after a word. So `mark` leaves an EDGE where it may matter, `settle` decides when
the whole text is there, and `inert` is for a text that stands by itself.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping


JOINER: Final = "\u2060"
"""WORD JOINER: neither space nor punctuation nor letter, so it ends no word and begins none."""

NEAR: Final = 500
"""Characters to either side that are looked at, so that a long text takes no longer a character."""

# Last labels that editors take for the end of a web address when they link bare names
# (linkify-it's list); files have some of these, too.
_DOMAINS = frozenset(
    (  # noqa: SIM905 - a list of words
        "biz com edu gov net org pro web xxx aero asia coop info museum name shop рф xn ac ad ae "
        "af ag ai al am an ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs "
        "bt bv bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do "
        "dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs "
        "gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km "
        "kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp "
        "mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk "
        "pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr "
        "st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va "
        "vc ve vg vi vn vu wf ws ye yt za zm zw"
    ).split()
)
_LABEL = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d+(?:\s|\Z)")
_DATE = re.compile(r"\d{4}-")

# A commit's name, which is a link for some; a joiner behind its first characters ends that.
COMMIT_LENGTH: Final = 40
COMMIT: Final = re.compile(r"[0-9a-f]{7}(?=[0-9a-f]{33})", re.IGNORECASE)

# By these Obsidian's Tasks and Dataview read dates, priorities and recurrences.
_TASK_EMOJI = frozenset("⏩⏪⏫⏬⏳⌛✅❌➕⛔🆔🏁📅📆🔁🔺🔻🔼🔽🗓🛫")

# A character that can act, and what must stand around it; the group's name says what is done
# about it. The class comes first, so that the scan for it is a tight loop.
_RISKS = re.compile(
    r"""
    [\\`*_~|$\#\[\]{@<>\-!&%=(^+:/.]
    (?:
      (?P<slash>
          (?<=[`|*\\]) | (?<=~)(?:(?<![ ].)|(?![ ]))
        | (?<=\#)(?:(?=\S)|(?<!\S.)(?=\Z))
        | (?<=_)(?<!__)(?:(?<!\w_)|(?=_*(?!\w)))_*
      )
    | (?<=[\[\]]) (?P<square>)
    | (?<=\$) (?P<dollar>)
    | (?<=\^)(?:(?<![ ].)|(?![ ])) (?P<caret>)
    | (?<=<)(?=\S|\Z) (?P<less>)
    | (?<=>) (?P<greater>)
    | (?<={) (?P<curly>)
    | (?<=[Ww][Ww][Ww]\.) (?P<www>)
    | (?<=\.)(?<!\s\.)(?=[^\W\d_]) (?P<dot>)
    | (?<=@) (?P<at>)
    | (?P<join>
          (?<=--)(?=!?>) | (?<=-)(?=8<) | (?<=!)(?=[\[\d])
        | (?<=&)(?=\#?\w{1,40};|\#?\Z) | (?<=%)(?=%) | (?<==)(?==) | (?<=\()(?=\()
        | (?<=\+)(?=\+[\w+-]{1,40}\+\+)
        | (?<=\)=)(?=\Z) | (?<=:)(?: (?=:) | (?=//) | (?=(?!\d+(?::|\Z))[\w+-]{1,50}(?::|\Z)) )
        | (?<=/)(?<![:/].)(?=/[^\s/])
      )
    )
    """,
    re.VERBOSE,
)


def disarmed(text: str, *, brackets: bool) -> str:
    """The text, on one line, with nothing in it that acts.

    Args:
        text: a `text.normal` text.
        brackets: whether each square bracket gets a backslash, or only one without a partner.
            CommonMark asks for no more; but in a link's text some editors do.
    """
    bare = frozenset() if brackets or "[" not in text else _balanced(text)
    state = text.find("]") if brackets else -1
    state = -1 if ":" in text[: max(0, state)] else state

    def disarm(risk: re.Match[str]) -> str:
        if risk.lastgroup == "square":
            start = risk.start()
            # SilverBullet takes an item that begins with `[x] ` for a task, escaped or not.
            joiner = JOINER if start == state and _following(risk) == " " else ""
            return _bracket(risk, "" if start in bare else "\\") + joiner
        return _DISARM[risk.lastgroup](risk)

    written = _RISKS.sub(disarm, text)
    if len(text) >= COMMIT_LENGTH:
        written = COMMIT.sub(_join, written)
    return written if _TASK_EMOJI.isdisjoint(written) else _task_emoji().sub(_join, written)


@cache
def _task_emoji() -> re.Pattern[str]:
    """Compiled when there are any: that takes as long as all the rest."""
    return re.compile(f"[{''.join(sorted(_TASK_EMOJI))}]\ufe0f?")


def _balanced(text: str) -> Container[int]:
    """The places of the square brackets that have a partner."""
    places: set[int] = set()
    opened: list[int] = []
    for bracket in re.finditer(r"[\[\]]", text):
        if bracket.group() == "[":
            opened.append(bracket.start())
        elif opened:
            places |= {opened.pop(), bracket.start()}
    return places


def unclosed(text: str) -> list[int]:
    """The places of each `[` without partner, in order, be it escaped or not."""
    if "[" not in text:
        return []
    paired = _balanced(text)
    return [found.start() for found in re.finditer(r"\[", text) if found.start() not in paired]


def _slash(risk: re.Match[str]) -> str:
    """A backslash; and a joiner where the character with the next one begins something."""
    found, following = risk.group()[0], _following(risk)
    if found == "_":
        return "\\_" * len(risk.group())
    if found == "#":
        acts = following != "" and not _NUMBER.match(risk.string, risk.end())
    elif found == "\\":
        # What is left when a formatter took the other away is a command of TeX's.
        # Two at a line's end break it for kramdown.
        acts = not following or following.isalpha()
    else:
        acts = found + following in {"`=", "`$", "~~"}
    return "\\" + found + (JOINER if acts else "")


def _join(risk: re.Match[str]) -> str:
    return risk.group() + JOINER


def _bracket(risk: re.Match[str], slash: str) -> str:
    """`[` never begins a checkbox, a field or a footnote, nor `]` a link's address.

    Nor are `(a)[b]` a link with its brackets exchanged, which markdownlint would put right.
    """
    found, following = risk.group(), _following(risk)
    apart = JOINER if found == "[" and risk.string[risk.start() - 1 : risk.start()] == ")" else ""
    joiner = JOINER if found == "[" or following in {"(", "[", ":", "{"} else ""
    return apart + slash + found + joiner


def _dollar(risk: re.Match[str]) -> str:
    """`$` opens a formula where another follows, and names an anchor before a letter."""
    following = _following(risk)
    return r"\$" + (JOINER if following == "_" or following.isalpha() else "")


def _caret(risk: re.Match[str]) -> str:
    """`^` raises what stands before another, opens a footnote, names a block."""
    text, following = risk.string, _following(risk)
    first = risk.start() == 0 or text[risk.start() - 1].isspace()
    acts = following in {"^", "["} or (first and (following.isalnum() or following in "-_"))
    return r"\^" + (JOINER if acts else "")


def _greater(risk: re.Match[str]) -> str:
    """`>` ends what Python-Markdown takes for an e-mail address after a `<`; `>!` is a spoiler."""
    before = risk.string[max(0, risk.start() - NEAR) : risk.start()]
    slash = "\\" if "@" in before and "<" in before else ""
    return f"{slash}>{JOINER if _following(risk) == '!' else ''}"


def _curly(risk: re.Match[str]) -> str:
    """`{` after anything is an attribute list, a directive, or an expression of MDX's."""
    text, start = risk.string, risk.start()
    return ("" if text[start - 1 : start] == "{" else JOINER) + r"\{" + JOINER


def _less(risk: re.Match[str]) -> str:
    """`<` begins a tag, for some with any letter; for MDX with anything but a blank."""
    following = _following(risk)
    acts = following in "/!?%$<_" or following.isalpha() or _DATE.match(risk.string, risk.end())
    return r"\<" + (JOINER if acts else "")


def _www(_risk: re.Match[str]) -> str:
    """`www.` begins an address and, with a country's letters behind, ends one."""
    return f"{JOINER}.{JOINER}"


def _dot(risk: re.Match[str]) -> str:
    """`.com` ends what editors take for an address, as `.py` does, the name of a file or not."""
    text, end = risk.string, risk.end()
    label = _LABEL.match(text[end : end + NEAR])
    return "." + (JOINER if label and label.group().casefold() in _DOMAINS else "")


def _at(risk: re.Match[str]) -> str:
    """`@` names a user, imports a file, or stands in an e-mail address."""
    start, following = risk.start(), _following(risk)
    before = risk.string[start - 1] if start else " "
    acts = following.isalnum() or following in "_@"
    address = acts and (before.isalnum() or before in "_.+-")
    return (JOINER if address else "") + "@" + (JOINER if acts else "")


def _following(risk: re.Match[str]) -> str:
    """The character behind; empty at the text's end."""
    return risk.string[risk.end() : risk.end() + 1]


_DISARM: Final[Mapping[str | None, Callable[[re.Match[str]], str]]] = {
    "at": _at,
    "caret": _caret,
    "curly": _curly,
    "dollar": _dollar,
    "dot": _dot,
    "greater": _greater,
    "join": _join,
    "less": _less,
    "slash": _slash,
    "www": _www,
}


EDGE: Final = "\x00"
"""Stands at an edge that `settle` has yet to judge; no text holds one, for NUL becomes a space."""

# What begins a block at the start of a line, of a list item or of a quote. The words are Logseq's
# task markers, the triple marks MkDocs' blocks, letters and Roman numbers Pandoc's lists.
_BLOCK = (
    r"\#{1,6}(?:\s|\Z)|[-+](?:\s|\Z)|>|\(?(?:\d+|@\w*|[A-Za-z]|[ivxlcdmIVXLCDM]+)[.)](?:\s|\Z)|[-=:|+\s]+\Z"
    # MyST's comments, targets, breaks and fields besides.
    r"|\\?\[|!!!|\?\?\?|///|:|%|\+\+\+|\([^\s()]+\)="
    r"|(?:TODO|DOING|WAIT|WAITING|DONE|CANCELL?ED|STARTED|IN-PROGRESS|NOW|LATER)(?:\s|\Z)"
)
_BLOCK_START = re.compile(_BLOCK)
_BLOCK_PREFIX = re.compile(rf"(?:[ \t{EDGE}{JOINER}>]|(?:[-+*:]|\d+[.)])(?=[ \t])|\[.\][ \t])*")

# At the start of a page's line MDX takes these for JavaScript.
_MODULE = re.compile(r"(?:import|export)\b")

_LEADS = re.compile(
    rf"[!-/:-@\[-`{{-~]|[Ww]{{1,2}}\.|[\w$]+:|\d+(?:[-/%]|\Z)|{_MODULE.pattern}|{_BLOCK}"
)
_TRAILS = tuple("]!:/.%=^(+~$")
_ENTITY = re.compile(r"&\#?\w{1,40}\Z")

# Two characters that must not meet over an edge, nor where a formatter removes a backslash.
_PAIRS = re.compile(
    r"-> | >! | \)="
    r"| \[\\[\[^$] | \[[^\\\s\"',.;?*] | [!^\#{\])]\[ | \)\\\[ | \][(:{] | \(\( | [\w:+-]:"
    r"| :[\w/+-] | // | \.\w | \w\. | \+[\w+-] | [Ww][Ww] | %% | [<{]% | [=`]= | \$[{$\w]"
    r"| \w; | \^[\w^-] | ~\\?~ | \\[!-/:-@\[-`{-~]",
    re.VERBOSE,
)

_EDGES = re.compile(f"{EDGE}+")

BEGIN: Final = "\x02"
END: Final = "\x03"
"""Around blocks of several lines, which `settle` fits into the line where they came to stand."""

_PLACED = re.compile(f"{BEGIN}([^{BEGIN}{END}]*){END}")
_MARGIN = re.compile(r"(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t])))*[ \t]*")
_FIRST_BLOCK = re.compile(r"```|- |\d+\. ")
_OPENER = re.compile(rf"\#{EDGE}*[^\s{EDGE}]")


def edged(text: str, written: str) -> str:
    """What was written for a text, with an EDGE at either end that may matter."""
    if _LEADS.match(text):
        written = EDGE + written
    if text.endswith("#") and text[-2:-1].strip():
        # What follows decides whether it begins a tag: its backslash would stand before it.
        return f"{written[:-1]}{EDGE}{written[-1]}{EDGE}"
    return written + EDGE if written.endswith(_TRAILS) or _ENTITY.search(text) else written


def settle(text: str) -> str:
    """The text with every EDGE judged by what now stands beside it, and blocks in their places."""
    if BEGIN in text:
        text = _PLACED.sub(_placed, text)
    return _EDGES.sub(_judged, text) if EDGE in text else text


def flat(text: str) -> str:
    """Blocks on one line, for a place that has no more."""
    return text.translate(_FLAT) if BEGIN in text else text


_FLAT: Final = {ord(BEGIN): None, ord(END): None, ord("\n"): " "}


def _placed(blocks: re.Match[str]) -> str:
    """Blocks within the quote or the list item that the line before them began."""
    text, start, end = blocks.string, blocks.start(), blocks.end()
    line = text[max(0, start - NEAR) : start].rpartition("\n")[2].replace(EDGE, "")
    begun = _MARGIN.match(line)
    margin = re.sub(r"[^>\s]", " ", begun[0] if begun else "")
    between = f"\n{margin.rstrip()}\n{margin}"
    placed = "\n".join(
        each if not number else (margin + each).rstrip()
        for number, each in enumerate(blocks[1].split("\n"))
    )
    # A fence that something stands before or behind opens nothing, or closes nothing: what is
    # code would act, and what follows would be code.
    if line[len(margin) :].strip() and _FIRST_BLOCK.match(placed):
        placed = between + placed
    behind = text[end : end + NEAR].partition("\n")[0]
    return placed + between if placed.endswith("```") and behind.strip() else placed


def _judged(edge: re.Match[str]) -> str:
    """A word joiner, a backslash, both or nothing."""
    text, start, end = edge.string, edge.start(), edge.end()
    # Lines may be long and edges many: what is far away does not count.
    before = text[max(0, start - NEAR) : start].rpartition("\n")
    behind = text[end : end + NEAR].partition("\n")[0]
    line = before[2] if before[1] or start <= NEAR else None
    left = before[2][-1:]
    joined = (left and _PAIRS.match(left + behind[:2])) or _begins_block(line, behind)
    # A text's last `#` begins a tag.
    return (JOINER if joined else "") + ("\\" if _OPENER.match(behind) else "")


def _begins_block(line: str | None, behind: str) -> bool:
    """Whether the edge is at a block's start, and what follows it begins another."""
    if line is None or not _BLOCK_PREFIX.fullmatch(line):
        return False
    behind = behind.replace(EDGE, "")
    return bool(_BLOCK_START.match(behind) or (not line and _MODULE.match(behind)))


class Markdown(str):
    """Markdown that is finished: a template puts it into the page as it is, EDGEs included.

    Also BEGIN and END, between which it may have several blocks.
    """

    __slots__ = ()


# Controls, line and paragraph separators, half characters. The BOM is among the removed: scripts
# that read the page as JavaScript does take it for a space.
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")
_BLANKS = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029]+")
_HALVES = re.compile("[\ud800-\udfff]")


def normal(text: str) -> str:
    """The text as a reader is to see it: one line, no bidirectional controls, no outer blanks.

    Half characters (lone surrogates, which JSON can spell and UTF-8 can't) become U+FFFD.
    """
    if text.isprintable() and "  " not in text:
        return text.strip()
    text = _BLANKS.sub(" ", _BIDI.sub("", text))
    return _HALVES.sub("\ufffd", text).strip()


# Words with single spaces between and commas, in any script: most subjects pass in one match.
_PLAIN = re.compile(
    r"(?!TODO|DOING|WAIT|DONE|CANCEL|STARTED|NOW|LATER|import\b|export\b|\w{1,9}\)|\d+\Z|[,;'\"?)])"
    r"[\w,;'\"?)]+(?: [\w,;'\"?)]+)*\Z"
)


def _is_plain(text: str) -> bool:
    """Whether nothing acts in a text that `_PLAIN` matches."""
    return "_" not in text and (len(text) < COMMIT_LENGTH or not COMMIT.search(text))


def inert(text: str) -> str:
    """The text as Markdown that shows just that text, in any place of a page.

    It may follow anything; what you write straight behind it must not begin with punctuation
    (templates see to that by `mark` and `settle`).
    """
    marked = mark(text)
    core = marked.replace(EDGE, "")
    return JOINER + core if marked.startswith(EDGE) else core


def mark(text: str) -> str:
    """As `inert`, but with an EDGE at either end that is to be settled with its neighbours."""
    if _PLAIN.match(text) and _is_plain(text):
        return text
    text = normal(text)
    return edged(text, disarmed(text, brackets=False))


def mark_label(text: str) -> str:
    """As `mark`, for a link's text, where every square bracket gets a backslash.

    SilverBullet and others find no link around brackets without.
    """
    if _PLAIN.match(text) and _is_plain(text):
        return text
    text = normal(text)
    return edged(text, disarmed(text, brackets=True))
