"""Merge two versions of a page for git: one side's output is taken, and rendered next.

Git calls it for the files that .gitattributes names, once the driver is known to the repository:

  echo '*.md merge=taiga-notes' >> .gitattributes
  git config merge.taiga-notes.driver 'taiga-notes merge-driver %O %A %B %P'

Text outside of blocks is merged as git does. Output is taken of one side only where it fits its
checksum, the values of a mirror's keys are taken of ours. What somebody wrote into a block, or
ticked there and has not pushed, stays a conflict if the other side has changed that block, too.
"""

from __future__ import annotations

import os
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.config.loading import load_files
from taiga_notes.errors import ConfigError
from taiga_notes.model.item_key import STATE_KEY, USUAL_KEYS
from taiga_notes.page.merging import merged
from taiga_notes.system.atomic_write import save_file
from taiga_notes.system.files import contents
from taiga_notes.system.git import merge_lines
from taiga_notes.system.paths import vault_root
from taiga_notes.vault.vault import dialect_of

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    parser.add_argument("base", metavar="%O", help="what both versions came from")
    parser.add_argument("ours", metavar="%A", help="our version, which becomes the merged one")
    parser.add_argument("theirs", metavar="%B", help="the other version")
    parser.add_argument("path", metavar="%P", help="the page's path")


def run(args: Namespace) -> int:
    """Merges.

    Returns:
        The exit status, as git takes it: 1 where conflicts are left.

    Raises:
        ConfigError: a version can't be read, or git can't merge it.
    """
    ours, base, theirs = map(_read, (args.ours, args.base, args.theirs))
    try:
        texts = ours.decode(), base.decode(), theirs.decode()
    except UnicodeDecodeError:
        result, is_clean = merge_lines(ours, base, theirs)
    else:
        root = vault_root(args.path)[0]
        # Read where a page is a mirror's: few are.
        owned = cache(partial(_owned, root))
        text, is_clean = merged(
            *texts, _merge, dialect=dialect_of(root), is_owned=lambda key: key in owned()
        )
        result = text.encode()
    save_file(args.ours, result)
    return int(not is_clean)


def _owned(root: str) -> frozenset[str]:
    """The keys of front matter that a vault's mirrors own; the usual ones where none is told."""
    own = {STATE_KEY, *USUAL_KEYS}
    try:
        mirrors = load_files(Path(root), os.environ).vault.mirror
    except ConfigError:
        return frozenset(own)
    return frozenset(own.union(*(mirror.keys or () for mirror in mirrors)))


def _read(path: str) -> bytes:
    try:
        return contents(path)[0]
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}") from error


def _merge(ours: str, base: str, theirs: str) -> tuple[str, bool]:
    data, is_clean = merge_lines(ours.encode(), base.encode(), theirs.encode())
    return data.decode(), is_clean
