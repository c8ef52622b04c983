"""The names of pages that are made for items: free, and found by a walk of the vault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.errors import WriteError
from taiga_notes.vault.page_names import ENDING, folded, free_name

if TYPE_CHECKING:
    from taiga_notes.vault.vault import Vault


class NewNames:
    """Gives names, each once.

    Args:
        vault: where the pages are to be.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._taken: dict[str, set[str]] = {}

    def give(self, folder: str, text: str, marks: tuple[str, ...]) -> str:
        """A name for a page that is not there.

        Args:
            folder: the name of the folder in which it is to be; need not exist. `.` is the vault.
            text: what it is to be called, as for `page_name`.
            marks: see `free_name`.

        Raises:
            WriteError: no page may be made in that folder, or all names are taken.
        """
        prefix = "" if folder == "." else f"{folder}/"
        probe = f"{prefix}page{ENDING}"
        if not self._vault.lists(probe) or self._vault.is_template(probe):
            raise WriteError(
                "no page is made in there: it is hidden, excluded, a symlink, for templates, or "
                "another vault's",
                page=folder,
                hint="name another `folder`",
            )
        if folder not in self._taken:
            self._taken[folder] = {*map(folded, self._vault.entries(folder))}
        taken = self._taken[folder]

        def is_free(name: str) -> bool:
            whole = f"{name}{ENDING}"
            return folded(whole) not in taken and self._vault.lists(f"{prefix}{whole}")

        name = free_name(text, marks, is_free)
        if name is None:
            raise WriteError(
                f"is not made: {text[:60]!a} and what is like it is taken", page=folder
            )
        taken.add(folded(f"{name}{ENDING}"))
        return f"{prefix}{name}{ENDING}"
