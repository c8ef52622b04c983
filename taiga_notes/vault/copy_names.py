"""The forms of copies' names; see `copies`, which asks only where it is worth it."""

from __future__ import annotations

import re


def matches(name: str) -> bool:
    """Whether a name has one of the forms."""
    stem = name.rpartition(".")[0]
    if _ANYWHERE.search(stem):
        return True
    found = _IN_BRACKETS.search(stem)
    return found is not None and _is_reason(found[1])


def original_of(name: str) -> str:
    """The name without what OneDrive or `git mergetool` appends; empty where it has nothing."""
    found = _APPENDED.fullmatch(name)
    return found[1] + found[2] if found else ""


def _is_reason(text: str) -> bool:
    """Whether a text in brackets tells of a conflict as a program does: of a copy, or when."""
    if _PLAIN.search(text):
        return True
    if not _CONFLICT.search(text):
        return False
    dated = _DIGIT.search(text) and _COPY.search(text)
    return bool(dated or _DATE.search(text) or _CASE.search(text))


_ANYWHERE = re.compile(
    r"\.sync-conflict-\d"  # Syncthing
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
    r"|[-_]conflicted copy(?: \d+)?\Z",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(r"[(（](.*)[)）](?:[ ._-]*[(（]?\d+[)）]?)?\Z", re.DOTALL)
_PLAIN = re.compile(
    r"(?:\A|\s|\()(?:conflict(?:ed)? copy|konfliktkopie|in konflikt stehende kopie)\Z"
    r"|\bsfconflict\b"  # Seafile
    r"|\Aconflict [\da-f]{8}\Z"  # Cryptomator
    r"|(?:\A|'s )(?:(?:upper|lower)?case|unicode encoding|white ?space|selective sync"
    r"|tail character|name) (?:conflict|clash)\b",  # Dropbox, Nextcloud, Synology
    re.IGNORECASE,
)
_CONFLICT = re.compile(
    r"conflit|conflic(?!t (?:with|of|between|over|about)\b)|konflik|ristiriit|m[oô]tstridi"
    r"|modstrid|motstrid|çakış|ütköz"
    r"|конфл|διένεξ|競合|問題のある|冲突|衝突|충돌|ขัดแย้ง|xung đột|bercanggah|bentrok",
    re.IGNORECASE,
)
_COPY = re.compile(
    r"cop(?:y(?!right|edit)|[ií])|[ck][oóò]p[ií]|kopy|kopen|salinan|exemplaar|копи|копі|コピー|副本|複本|文件|檔案|사본"
    r"|복사본|másolat|αντίγραφ|สำเนา|bản sao",
    re.IGNORECASE,
)
_CASE = re.compile(
    r"\bunicode\b|\bcasse\b|may[uú]sc|mai[uú]sc|schreibung|hoofdletter|versal|skiftläge|wielkoś|регистр"
    r"|大文字|大小写|大小寫|대/?소문자",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d|\b\d{8}\b|\b\d{12}\b|\b\d{14}\b")
_DIGIT = re.compile(r"\d")
_APPENDED = re.compile(
    r"(.+)(?:-(?:DESKTOP|LAPTOP)-[A-Z0-9]{7,8}(?:-\d+)?|_(?:BACKUP|BASE|LOCAL|REMOTE)_\d+)"
    r"(\.[A-Za-z]+)"
)
