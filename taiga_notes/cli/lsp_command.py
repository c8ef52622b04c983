"""Serve an editor: the language server, on standard input and output.

An editor starts it for Markdown files. It looks at the text that is being typed, within blocks
only: what is wrong, what may be written, what a block shows and why. It renders into the buffer and
never writes a page. It needs `pip install '.[lsp]'`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from taiga_notes.errors import ConfigError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    # Many editors' clients add this to whatever they start.
    parser.add_argument("--stdio", action="store_true", help="the default, and the only way")


def run(_args: Namespace) -> int:
    """Serves until the editor goes away.

    Raises:
        ConfigError: pygls is not installed.
    """
    try:
        from taiga_notes.lsp.server import serve  # noqa: PLC0415 - only this command needs pygls
    except ModuleNotFoundError as error:
        if error.name not in {"pygls", "lsprotocol"}:
            raise
        message = "the language server needs pygls, which is not installed"
        raise ConfigError(message, hint="in the checkout: pip install '.[lsp]'") from error
    return serve(os.environ, os.getcwd())  # noqa: PTH109 - as text, as everything else of paths here
