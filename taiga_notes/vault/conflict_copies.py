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

_SIGNS = (
    *("onfl", "clash", "_conf(", ".dup."),
    *("motstrid", "modstrid", "ristiriit", "bercanggah", "bentrok", "çak", "ütk"),
    *("онфл", "διένεξ", "競合", "問題", "冲突", "衝突", "충돌", "ขัดแย้ง", "xung"),
)
"""One of them is in every copy's name."""

_APPENDED = ("-DESKTOP-", "-LAPTOP-", "_BACKUP_", "_BASE_", "_LOCAL_", "_REMOTE_")
"""What may be behind the name of the page that a copy is of."""


def is_copy(name: str) -> bool:
    """Whether a file of that name is a copy of a page, and no page itself."""
    low = name.lower()
    if not low.isascii():
        from unicodedata import normalize  # noqa: PLC0415  (few names need it)

        # Macs take letters apart, Korean ones as well.
        name = normalize("NFC", name)
        low = name.lower()
    # Asked of every page of a vault: most names have none of what all copies' names have.
    if "onfl" in low or ".dup." in low or "(" in low or "_" in low or not low.isascii():
        return any(sign in low for sign in _SIGNS) and _is_copy(name)
    return False


def _is_copy(name: str) -> bool:
    from taiga_notes.vault.copy_names import matches  # noqa: PLC0415  (few names come so far)

    return matches(name)


def original(name: str) -> str:
    """The page of which a file of that name is a copy, if that page is there; else empty."""
    # Asked of every page of a vault: each sign has one of these two.
    if "_" not in name and "P-" not in name:
        return ""
    if not any(map(name.__contains__, _APPENDED)):
        return ""
    from taiga_notes.vault.copy_names import original_of  # noqa: PLC0415  (as above)

    return original_of(name)
