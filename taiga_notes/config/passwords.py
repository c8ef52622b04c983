"""The password for machines where nobody can be asked: from the environment, or from a command."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Protocol

from taiga_notes.errors import LoginError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taiga_notes.config.settings import UserConfig

COMMAND_TIMEOUT = 30.0
"""Seconds for `password_command`."""

LONGEST = 4096
"""Characters of a password; more is no password but the command's help text."""


class Password(Protocol):
    """Where a password can be read, again and again."""

    name: str
    """What the user calls that place."""

    def read(self) -> str:
        """The password.

        Raises:
            LoginError: there is none.
        """


class GivenPassword:
    """A password of the environment.

    Args:
        text: it.
        name: the variable's.
    """

    def __init__(self, text: str, name: str = "TAIGA_NOTES_PASSWORD") -> None:
        self.name = name
        self._text = text

    def read(self) -> str:
        """See `Password.read`."""
        return self._text


class CommandPassword:
    """The first line that a command prints; it runs without a shell and without input.

    Args:
        command: the program and its arguments.
        timeout: seconds.
        name: the setting's.
    """

    def __init__(
        self,
        command: Sequence[str],
        timeout: float = COMMAND_TIMEOUT,
        *,
        name: str = "password_command",
    ) -> None:
        self.name = name
        self._command = command
        self._timeout = timeout

    def read(self) -> str:
        """See `Password.read`."""
        lines = self._output().splitlines()
        if lines and lines[0] and len(lines[0]) <= LONGEST:
            return lines[0]
        raise self._error("printed no usable line")

    def _output(self) -> str:
        # What it complains of goes straight to the terminal: in a message it might quote a secret.
        try:
            process = subprocess.Popen(  # noqa: S603 - the user's own configuration names it
                self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
            )
        except (OSError, ValueError) as error:
            raise self._error(f"can't be run: {type(error).__name__}") from None
        try:
            output, _ = process.communicate(timeout=self._timeout)
        except subprocess.TimeoutExpired:
            self._end(process)
            raise self._error(f"did not end within {self._timeout:g} seconds") from None
        if process.returncode:
            raise self._error(f"failed with status {process.returncode}")
        return output.decode(errors="replace")

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        process.kill()
        if process.stdout:
            # Not read to its end: a child of the command may hold the other end open for ever.
            process.stdout.close()
        process.wait()

    def _error(self, what: str) -> LoginError:
        return LoginError(
            f"the {self.name} {self._command[0]!a} {what}",
            hint="try it by hand; it is set in your own configuration",
        )


def password_of(user: UserConfig) -> Password | None:
    """Where this user's password can be read without asking; None where nowhere."""
    if user.password:
        return GivenPassword(user.password, user.variable("password"))
    return CommandPassword(user.password_command) if user.password_command else None
