"""Templates as Jinja compiled them, kept while the process runs.

Each vault, and each vault whose settings changed under a watch, has an environment of its own; the
built-in templates are the same in all of them, and compiling one takes longer than rendering it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jinja2 import BytecodeCache

if TYPE_CHECKING:
    from types import CodeType

    from jinja2.bccache import Bucket

_KEPT: Final = 100


class CompiledTemplates(BytecodeCache):
    """Code by what it was compiled from: the template's name, its file and its text.

    For environments that admit the same templates: what is kept is not asked about again.
    """

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """See Jinja."""
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """See Jinja."""
        # A watch runs for weeks, and each edit of a template is another text.
        if len(self._codes) >= _KEPT:
            self._codes.clear()
        self._codes[bucket.key, bucket.checksum] = bucket.code
