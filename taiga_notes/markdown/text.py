"""Making strangers' text inert: whatever a story's subject says, a note shows it and does no more.

Pure. A note is a program in many editors, so text is disarmed in two ways (`disarm`):

- A backslash before the characters that CommonMark and GFM act upon one by one (`* _ ~ | $ # ^ < {`
  and the backslash, the backtick, a bracket without a partner): Markdown formatters know what they
  mean and keep it.
- A word joiner (U+2060, invisible, no space) inside every opener of two or more characters:
  `${ {{ {% <% <!-- [[ ]( ![ %% == :: ://` and the like. Formatters know nothing of most of these
  and remove backslashes that they think useless; the joiner stays, and no editor, not even one
  that searches the page's source with a regular expression, finds its opener.

What a text's edges need depends on what stands beside them (`edges`): `mark` leaves that open,
`edges.settle` decides it when the whole text is there, `inert` is for a text that stands by itself.
"""

from __future__ import annotations

import re

from taiga_notes.markdown.disarm import COMMIT, COMMIT_LENGTH, JOINER, disarmed
from taiga_notes.markdown.edges import EDGE, edged


class Markdown(str):
    """Markdown that is finished: a template puts it into the page as it is, EDGEs included."""

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
