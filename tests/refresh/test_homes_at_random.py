"""What a home remembers never shows: its pages are those of one that knows nothing.

Members with and without rights, strangers and readers without an account render the same project,
each over and over, while people work in it, rights and clocks change, and Taiga fails now and then.
After each step the same pages are rendered in a home that is new.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import re
import shutil
import time
from collections import Counter
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from taiga_notes.cli import main
from taiga_notes.system import clock
from tests.fake_taiga import serve, template
from tests.fake_taiga.permissions import VIEW, membership
from tests.taiga import team
from tests.taiga.sync.test_sync_at_random import FIRST, LEAPS, SEEDS, STEPS, Crowd
from tests.thin import FULL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from wsgiref.types import StartResponse, WSGIEnvironment

    from tests.fake_taiga import Server
    from tests.fake_taiga.model import Project, User
    from tests.fake_taiga.web.app import App

pytestmark = pytest.mark.slow

FEW = max(12, STEPS // 50)
"""Steps of a walk: each is several runs."""

LATER = datetime(2040, 11, 22, 23, 59, tzinfo=UTC)
"""When they begin: after all that files of today can have been written at."""

QUERIES = [
    "from userstories order by ref template links",
    "from userstories where not is_closed order by kanban_order, ref select {ref, subject, sprint}",
    "from userstories group by status_name order by key select {Status = key, N = count()}",
    "from userstories{is_closed='true'} order by ref select ref",
    "from userstories where due_date_status == 'past_due' order by ref select {ref, due_date}",
    "from userstories where due_date and due_date < today() order by ref select ref",
    "from userstories order by ref select {ref, total_points, epic_subjects, tag_names}",
    "from userstories{milestone='null'} order by backlog_order, ref select ref",
    "from userstories{tags='a'} order by ref select ref",
    "from userstories order by ref select {ref, points_by_role.Back, swimlane_name, owner_name}",
    "from userstories order by ref select {ref, date(created_date, '%d %b %H:%M'), today(1)}",
    "from userstories order by ref select {ref, os.date('%d %H', 1700000000)}",
    "from userstories where assignee == me.username order by ref select {ref, assignee_name}",
    "from userstories order by ref select {ref, #comments, custom.Customer, description}",
    "from userstories where not is_closed order by ref select {ref, #history, #attachments}",
    "from userstories{project={'acme', 'beta'}} order by project, ref select {project, ref}",
    "from userstories{project='*'} order by project, ref select {project, ref, status_name}",
    "from tasks order by ref template tasks",
    "from tasks{status__is_closed='false'} order by ref select {ref, user_story_extra_info.ref}",
    "from tasks{project='beta'} order by ref template tasks",
    "from issues order by ref select {ref, subject, status_name, type_name, sprint}",
    "from epics order by ref template epics",
    "from epics order by ref select {ref, #stories, closed_on, color}",
    "from sprints order by name select {name, closed, total_points, #stories}",
    "from wiki order by slug select {slug, content}",
    "from members order by username select {username, full_name, role, project}",
    "from statuses order by id select {name, is_closed}",
    "from projects order by slug select {slug, name, is_private}",
    "current_sprint() and current_sprint().name or 'none'",
]
ZONES = ["UTC", "Europe/Berlin", "Pacific/Kiritimati", "America/Los_Angeles"]
FAULTS = ["reset", "bad gateway", "html", "cut", "half json", "throttled", "empty", "short list"]
YEAR = 366 * 86_400


class Company(Crowd):
    """A team, and who looks at it from outside; administrators change who sees what."""

    def __init__(self, file: Path, seed: int) -> None:
        super().__init__(file, seed)
        self.vic, self.eve = self.fake.add_user("vic"), self.fake.add_user("eve")
        self.fake.add_member(self.acme, self.vic, role="Front")
        self.beta = self._beta()
        self.acts += [name for name in self.acts if name.startswith("do_admin_")] * 2

    def _beta(self) -> Project:
        beta = self.fake.add_project("Beta", owner=self.ada, slug="beta")
        self.fake.add_member(beta, self.bob, role="Back")
        for number in range(3):
            self.fake.add_story(beta, f"Beta {number}")
        return beta

    def _fewer(self, rights: Iterable[str]) -> list[str]:
        lost = self.dice.sample([*VIEW.values()], self.dice.randint(0, 3))
        return [right for right in rights if right not in lost]

    def do_admin_rights(self) -> None:
        [front] = (may for name, _, may in template.ROLES if name == "Front")
        self.fake.set_permissions(self.acme, "Front", self._fewer(front))

    def do_admin_rights_of_all(self) -> None:
        if not self.acme.is_private:
            self.acme.anon_permissions = self._fewer(template.ANONYMOUS)
            self.acme.public_permissions = [*self.acme.anon_permissions]

    def do_admin_privacy(self) -> None:
        project = self.dice.choice([self.acme, self.beta])
        (self.fake.make_public if project.is_private else self.fake.make_private)(project)

    def do_admin_member(self) -> None:
        project, user, role = self.dice.choice(
            [(self.acme, self.vic, "Front"), (self.beta, self.bob, "Back")]
        )
        if membership(user, project):
            self.fake.remove_member(project, user)
        else:
            self.fake.add_member(project, user, role=role)

    def do_admin_slug(self) -> None:
        self.beta.slug = "beta-two" if self.beta.slug == "beta" else "beta"
        self.fake.shared_changed(self.beta)

    def do_replace_beta(self) -> None:
        self.fake.delete_project(self.beta)
        self.beta = self._beta()

    def do_edit_beta(self) -> None:
        story = self.dice.choice(self.fake.of_project("userstories", self.beta))
        self.fake.edit(story, subject=f"Beta {self.number()}")

    def do_rename_reader(self) -> None:
        self.fake.rename_user(self.dice.choice([self.ada, self.vic]), f"Name {self.number()}")


class Home:
    """A user's machine with a vault.

    Args:
        folder: where they lie.
        server: Taiga.
        reader: who renders; None without an account.
        pages: what stands in the pages, by name.
    """

    def __init__(
        self, folder: Path, server: Server, reader: User | None, pages: Mapping[str, str]
    ) -> None:
        self.folder, self.home, self.vault = folder, folder / "home", folder / "vault"
        self.reader = reader
        self._server = server
        self.vault.mkdir(parents=True)
        user = self.home / "config" / "taiga-notes" / "config.toml"
        user.parent.mkdir(parents=True)
        anonymous = "" if reader else "anonymous = true\n"
        user.write_text(f'trust = ["{self.vault}"]\nmax_wait = "0s"\n{anonymous}')
        self.settings.write_text('project = "acme"\n')
        for name, text in pages.items():
            (self.vault / name).write_text(text)

    @property
    def settings(self) -> Path:
        """The vault's."""
        return self.vault / "taiga-notes.toml"

    def run(self, token: str, zone: str, *arguments: str) -> tuple[int, str, str]:
        """Runs the program in this process: its status, and what it said."""
        folders = {f"XDG_{kind}_HOME": kind.lower() for kind in ("CONFIG", "CACHE", "STATE")}
        env = {name: str(self.home / below) for name, below in folders.items()}
        account = {"TAIGA_NOTES_TOKEN": token} if token else {}
        env |= {"HOME": str(self.home), "TAIGA_NOTES_API": self._server.url, "TZ": zone, **account}
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            for name in [*os.environ]:
                if name.startswith(("TAIGA_NOTES_", "XDG_")):
                    patch.delenv(name)
            for name, value in env.items():
                patch.setenv(name, value)
            patch.chdir(self.vault)
            time.tzset()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                status = main([*arguments])
        time.tzset()
        return status, out.getvalue(), err.getvalue()

    def pages(self) -> dict[str, str]:
        """What its pages hold."""
        return {path.name: path.read_text() for path in sorted(self.vault.glob("*.md"))}


_BLOCK = re.compile(r"(<!-- #taiga: .*? -->)\n(.*?)<!-- /taiga[^>]*-->", re.DOTALL)


def emptied(text: str) -> str:
    """A page as it was before it was ever rendered."""
    return _BLOCK.sub(r"\1\n<!-- /taiga -->", text)


class Walk:
    """One walk, the same for the same seed.

    Args:
        folder: for all that it writes.
        company: who does something, and whose dice are thrown.
        server: their Taiga.
    """

    def __init__(self, folder: Path, company: Company, server: Server) -> None:
        self.company = company
        self.dice = company.dice
        self.done: list[str] = []
        self.counts: Counter[str] = Counter()
        self._folder = folder
        self._server = server
        self._homes: dict[str, Home] = {}
        self._zone = "UTC"
        # By another token it may be another account that asks: nothing would be remembered.
        readers = (company.ada, company.bob, company.vic, company.eve)
        self._tokens: dict[User | None, str] = {one: company.fake.token(one) for one in readers}
        self._meanwhile: list[int] = []
        real = server.app

        def app(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            if self._meanwhile and self._meanwhile[0] <= 0:
                self._meanwhile.clear()
                self.act(1)
            self._meanwhile[:] = [count - 1 for count in self._meanwhile]
            return real(environ, start)

        server.app = cast("App", app)

    def act(self, count: int) -> None:
        """Let people do something."""
        self.done += [self.company.act() for _ in range(count)]

    def pass_time(self) -> None:
        """Let time go by, or a clock be set."""
        leaps = (*LEAPS, -YEAR, YEAR, -3600)
        seconds = self.dice.choice(leaps if self.dice.random() < 0.2 else (0, 1, 5, 61, 200))
        self.company.fake.clock.advance(seconds)
        self.company.refreshes += 1

    def home(self) -> Home:
        """One of those that are there for long; three are several readers'."""
        company = self.company
        reader = self.dice.choice([company.ada, *[company.bob, company.vic] * 2, company.eve, None])
        number = self.dice.randint(0, 3)
        name = f"{number} of {'all' if reader and not number else reader and reader.username}"
        if name not in self._homes:
            made = random.Random(f"{name} {self.dice.random()}")  # noqa: S311 - to be repeated
            pages = {
                f"{page}.md": "".join(
                    f"Text\n\n<!-- #taiga: {query} -->\n<!-- /taiga -->\n\n"
                    for query in made.sample(QUERIES, made.randint(1, 3))
                )
                for page in range(made.randint(1, 3))
            }
            self._homes[name] = Home(self._folder / name, self._server, reader, pages)
        self._homes[name].reader = reader
        return self._homes[name]

    def run(self, home: Home, *arguments: str) -> tuple[int, str, str]:
        """A run of the home's reader."""
        return home.run(self._tokens.get(home.reader, ""), self._zone, *arguments)

    def disturb(self, home: Home) -> None:
        """Have something happen in the home that is to be of no consequence."""
        names = sorted(home.pages())
        some = self.dice.sample(names, self.dice.randint(1, len(names)))
        moment = self.company.fake.clock.now().timestamp()
        disturbances: list[Callable[[], object]] = [
            *(lambda: None for _ in range(4)),
            lambda: self.run(home, "render", *some),
            lambda: self.run(home, "render", self.dice.choice(["--check", "--offline", "--full"])),
            lambda: self.run(home, "render", "--json"),
            lambda: self.run(home, self.dice.choice(["doctor", "status", "list"])),
            lambda: self.run(home, "explain", some[0]),
            lambda: os.utime(home.vault / some[0], (moment, moment + self.dice.choice([-9, 9e6]))),
            lambda: home.settings.write_text(
                f'project = "acme"\ntimezone = "{self.dice.choice(ZONES)}"\n'
            ),
            lambda: self._fail(home),
            lambda: self._act_meanwhile(home),
            lambda: self._act_meanwhile(home),
        ]
        if self.dice.random() < 0.2:
            self._zone = self.dice.choice(ZONES)
        self.dice.choice(disturbances)()

    def _fail(self, home: Home) -> None:
        faults = self.company.fake.faults
        faults.add(self.dice.choice(FAULTS), times=2, after=self.dice.randint(0, 12))
        self.run(home, "render")
        faults.clear()

    def _act_meanwhile(self, home: Home) -> None:
        self._meanwhile[:] = [self.dice.randint(0, 25)]
        self.run(home, "render")
        self._meanwhile.clear()

    def compare(self, home: Home) -> None:
        """Render in the home, and in a new one: nothing may be another, or untold."""
        given = self.run(home, "render")
        before = home.pages()
        pages = {name: emptied(text) for name, text in before.items()}
        fresh = Home(self._folder / "fresh", self._server, home.reader, pages)
        shutil.copyfile(home.settings, fresh.settings)
        right = self.run(fresh, "render")
        at = (self.done, home.folder.name, self.company.fake.clock.now(), given, right)
        assert given[0] == right[0], at
        assert _problems(given[1]) == _problems(right[1]), at
        assert "as of" not in given[1], at
        for name, text in fresh.pages().items():
            for found, expected in zip(_bodies(before[name]), _bodies(text), strict=True):
                assert found == expected or (right[0] and _is_told(found, expected)), (name, *at)
        self.counts["settled" if given[1].startswith("0 pages changed") else "changed"] += 1
        shutil.rmtree(fresh.folder)

    def step(self) -> None:
        """Some acts, a home that is disturbed, and looked at; perhaps over and over."""
        self.done = []
        self.pass_time()
        self.act(self.dice.choice((0, 0, 1, 1, 2, 4)))
        home = self.home()
        self.disturb(home)
        self.compare(home)
        while self.dice.random() < 0.7:
            for _ in range(self.dice.choice((1, 2))):
                self.company.fake.clock.advance(self.dice.choice((0, 1, 60, 200)))
                self.run(home, "render")
            self.done.append("|")
            self.company.refreshes += 1
            self.act(self.dice.choice((0, 1, 3, 6)))
            self.compare(home)


def _bodies(text: str) -> list[tuple[str, str]]:
    return [(found[1], found[2].strip()) for found in _BLOCK.finditer(text)]


def _problems(said: str) -> str:
    found = re.search(r"\d+ problem", said)
    return found[0] if found else ""


def _is_told(found: tuple[str, str], expected: tuple[str, str]) -> bool:
    """Whether an older output stands there with what is wrong, as it should."""
    callout = expected[1].partition("\n\n")[0]
    return not callout or (callout.startswith("> [!") and found[1].startswith(callout))


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], Walk]]:
    """Makes a walk, of which this machine's clock is Taiga's."""
    monkeypatch.setattr(team, "BEGIN", LATER)
    with contextlib.ExitStack() as closing:

        def made(seed: int) -> Walk:
            found = Company(tmp_path / "unused", seed)
            moment = found.fake.clock.now

            def now(zone: Any = None) -> datetime:
                return moment().astimezone(zone)

            kept = {name: getattr(time, name) for name in ("strftime", "localtime", "gmtime")}
            real = SimpleNamespace(
                time=lambda: moment().timestamp(),
                time_ns=lambda: int(moment().timestamp() * 1e6) * 1000,
                **kept,
            )
            monkeypatch.setattr(clock, "time", real)
            monkeypatch.setattr(clock, "now", now)
            return Walk(tmp_path, found, closing.enter_context(serve(found.fake)))

        yield made


@pytest.mark.parametrize("seed", SEEDS if FULL else [FIRST])
def test_what_a_home_remembers_never_shows(company: Callable[[int], Walk], seed: int) -> None:
    walk = company(seed)
    for step in range(FEW):
        try:
            walk.step()
        except AssertionError as error:
            error.add_note(f"TAIGA_NOTES_SEED={seed}, step {step}")
            raise
    # Both ways are walked: what is remembered is used, and is renewed.
    assert {"settled", "changed"} <= {*walk.counts}
