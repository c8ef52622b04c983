"""Pushes what was changed in a saved buffer: a plan, which somebody has to agree to, and then it.

In a thread: Taiga is asked throughout. What is sent stands in the page's file, where `apply` looks
once more, so that a buffer with unsaved changes is none to push.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from taiga_notes.errors import ConfigError, WriteError
from taiga_notes.page.layout import LINE_END
from taiga_notes.push.apply import apply, settle
from taiga_notes.push.plan import PushScope, plan_pages, told
from taiga_notes.push.push_journal import PushJournal
from taiga_notes.push.remote import Remote
from taiga_notes.push.steps import AlreadySo, Refusal
from taiga_notes.taiga.servers import Servers
from taiga_notes.taiga.source import Taiga

if TYPE_CHECKING:
    from taiga_notes.push.apply import Applied, StepOutcome
    from taiga_notes.push.plan import Plan
    from taiga_notes.watch.setup import Setup

UNSAVED = "the buffer has changes that are not saved: save it, and push then"


class BufferPush:
    """A push of one page; one thread at a time may use it, and has to close it.

    Args:
        setup: what the vault works with.
        name: the page's.
        text: what its buffer holds.
    """

    def __init__(self, setup: Setup, name: str, text: str) -> None:
        self._setup = setup
        self._name = name
        self._text = text
        # Anew behind a push, whatever `max_age` says: the timeline may not tell of it yet.
        self.source = Servers(setup.settings, partial(Taiga.open, folders=setup.folders, full=True))

    def plan(self) -> Plan:
        """What would be sent, once earlier pushes are settled.

        Raises:
            ConfigError: the vault is none that may push, or the plan is unusually large.
            SourceError: Taiga can't be reached.
            WriteError: the buffer is not what the file holds.
        """
        settings = self._setup.settings
        own = settings.vault
        if own.file is None:
            raise ConfigError("this page is in no vault", hint="`taiga-notes init` makes one")
        if own.snapshot:
            raise ConfigError(f"rows come from {own.snapshot}, to which nothing can be pushed")
        if not settings.is_trusted:
            raise ConfigError(
                f"{own.root} is no vault that you trust, so that nothing in it is sent",
                hint=f'if it is yours: trust = ["{own.root}"] in {settings.user.file}',
            )
        self.demand_saved()
        remote = Remote(self.source.at("").client)
        settle(PushJournal(self._setup.vault.home), remote)
        scope = PushScope.of(self._setup.vault, settings)
        plan = plan_pages(scope, [self._name], remote)
        plan.demand_few(None)
        return plan

    def demand_saved(self) -> None:
        """Check that the file holds what the buffer does; line ends apart, which editors hide.

        Raises:
            WriteError: it does not, or can't be read.
        """
        saved = self._setup.vault.read(self._name).text
        if _lines(saved) != _lines(self._text):
            raise WriteError(UNSAVED, page=self._name)

    def applied(self, plan: Plan) -> Applied:
        """Carries a plan out.

        Raises:
            WriteError: the buffer was changed since, or another push is under way.
            SourceError: Taiga can't be reached.
        """
        self.demand_saved()
        return apply(plan)

    def close(self) -> None:
        """Lets go of network and store."""
        self.source.close()


def lines_of_plan(plan: Plan) -> list[str]:
    """What a push would do, and what it refuses, in lines for people."""
    return [
        f"{', '.join(str(spot.line) for spot in step.spots)}: {told(step)}"
        for step in plan.steps
        if not (isinstance(step, Refusal) and step.is_missing)
    ]


def lines_of_outcomes(applied: Applied) -> list[str]:
    """What became of a plan, in lines for people."""
    return list(map(_line_of, applied.outcomes))


def _line_of(outcome: StepOutcome) -> str:
    line = f"{outcome.fate.value}: {told(outcome.step)}"
    # Of what was not to be sent the plan's own words say all.
    is_said = isinstance(outcome.step, (Refusal, AlreadySo)) or not outcome.told
    return line if is_said else f"{line} ({outcome.told})"


def _lines(text: str) -> list[str]:
    lines = LINE_END.split(text.removeprefix("\ufeff"))
    return lines[:-1] if lines[-1] == "" else lines
