"""Git's own merge of lines, as a program."""

from __future__ import annotations

import os
import subprocess
from tempfile import TemporaryDirectory

from taiga_notes.errors import ConfigError
from taiga_notes.system.atomic_write import save_file

MOST_CONFLICTS = 127
"""The greatest exit status by which `git merge-file` tells of conflicts; beyond, it failed."""


def merge_lines(ours: bytes, base: bytes, theirs: bytes) -> tuple[bytes, bool]:
    """Merges as git does where nobody else merges.

    Args:
        ours: one version.
        base: what both came from.
        theirs: the other version.

    Returns:
        The merged version, with marks at conflicts, and whether there are none.

    Raises:
        ConfigError: there is no git, or it can't merge these: they are no text.
    """
    with TemporaryDirectory(prefix="taiga-notes-") as folder:
        names = {"ours": ours, "base": base, "theirs": theirs}
        for name, data in names.items():
            save_file(os.path.join(folder, name), data)
        labels = [part for name in names for part in ("-L", name)]
        try:
            done = subprocess.run(  # noqa: S603  (names of ours only)
                ["git", "merge-file", "-p", *labels, *names],  # noqa: S607  (the user's own git)
                cwd=folder,
                capture_output=True,
                check=False,
            )
        except OSError as error:
            raise ConfigError(f"git can't be run: {error.strerror}") from error
    if not 0 <= done.returncode <= MOST_CONFLICTS:
        said = done.stderr.decode(errors="replace").strip()
        raise ConfigError(f"git can't merge this: {said}")
    return done.stdout, not done.returncode
