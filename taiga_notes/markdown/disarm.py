"""What in a text may act in some editor, and how each is disarmed.

Pure. Two means: a backslash before characters that act one by one in CommonMark and GFM, and a
word joiner inside openers of several characters, of which Markdown formatters know nothing. That
an opener is real was read off the editors' own sources, where there are any.
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
        | (?<=:)(?: (?=:) | (?<=[\w+.-].)(?=//) | (?=(?!\d+(?::|\Z))[\w+-]{1,50}(?::|\Z)) )
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
    """`>` ends what Python-Markdown takes for an e-mail address after a `<`."""
    before = risk.string[max(0, risk.start() - NEAR) : risk.start()]
    return "\\>" if "@" in before and "<" in before else ">"


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
