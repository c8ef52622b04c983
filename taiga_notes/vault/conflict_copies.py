"""Copies of pages: what programs that sync or merge files call the version that lost.

A name is that of a copy if it has a form that a program gives and that no person would: a note on
`Conflicts` or `Kashmir (conflict 1999)` is a note. Where a person might (OneDrive appends the name
of the computer, `git mergetool` a number), it is a copy only beside the page that it would be one
of. What iCloud and Google Drive do, `Note 2.md` and `Note (1).md`, can't be told from a note's own
name, and is a note.

Names and their sources: Syncthing, Dropbox (in the language of its user), Nextcloud and ownCloud,
Obsidian Sync, SilverBullet, Seafile, Synology Drive (its knowledge base, "File conflict"), Resilio
("Conflict files in Sync"), Proton Drive, Nutstore, pCloud, Cozy Drive, kDrive, rclone, Remotely
Save, Unison, `git mergetool`.
"""

from __future__ import annotations

import re

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
