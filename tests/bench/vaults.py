"""Large vaults against `rg -l`, and against other tools that look at every page."""

from __future__ import annotations

import shutil
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.bench.canned import Canned
from tests.bench.data import write_snapshot, write_vault
from tests.bench.harness import Row, alternate, growth, missing, ran, ratio
from tests.bench.program import Bench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.bench.harness import Cost

NOTES = 10_000
BLOCKS = 100
STORIES = 1_000
ROUNDS = 5
PATTERN = r"<!--(?:[ \t]*/?taiga|#lua)"
AGAINST = "rg -l, one thread"
NO_RG = "ripgrep is not installed: apt-get install ripgrep"
BY_HAND = """
import argparse, json, re, sys, tomllib
from pathlib import Path
from jinja2.sandbox import SandboxedEnvironment

BLOCK = re.compile(r"(<!-- taiga\\n.*?-->\\n).*?(<!-- /taiga.*?-->)", re.DOTALL)
LINKS = '''
{% for row in rows %}
- [#{{ row.ref }} {{ row.subject }}]({{ web }}/{{ row.project_extra_info.slug }}/us/{{ row.ref }})
{% endfor %}

'''
arguments = argparse.ArgumentParser()
arguments.add_argument("snapshot", type=Path)
stories = json.loads(arguments.parse_args().snapshot.read_bytes())["userstories"]
web = tomllib.loads(Path("taiga-notes.toml").read_text()).get("web", "https://tree.taiga.io")
wanted = [each for each in stories if each["status_extra_info"]["name"] not in ("Done", "New")]
wanted.sort(key=lambda each: each["status_extra_info"]["name"])
jinja = SandboxedEnvironment(trim_blocks=True, keep_trailing_newline=True)
body = jinja.from_string(LINKS).render(rows=wanted[:20], web=f"{web}/project")
for page in Path().rglob("*.md"):
    text = page.read_text(encoding="utf-8")
    if "<!-- taiga" in text:
        new = BLOCK.sub(lambda found: found[1] + body + found[2], text)
        if new != text:
            sys.exit(f"{page} is another one")
"""
"""Ten minutes' work, for who knows that no subject has odd words in it: one query, one template."""
SIZES = (100, 10_000, 100_000)


def measure(*, full: bool) -> Iterator[Row]:
    """This section of the table."""
    sizes = SIZES if full else SIZES[:2]
    costs: dict[str, list[Cost]] = {"unchanged": [], "first": []}
    with TemporaryDirectory() as folder:
        bench = Bench(write_vault(Path(folder) / "vault", NOTES, 0), Path(folder) / "home")
        what = f"first `render`, {NOTES:,} notes all read, none with a block"
        yield _against_rg(what, bench, partial(_first, bench), (3.0, 2.0))
    for size in sizes:
        with TemporaryDirectory() as folder:
            bench = _bench(Path(folder), size)
            unchanged, first = alternate(ROUNDS, bench.render, partial(_first, bench))
            costs["unchanged"].append(unchanged)
            costs["first"].append(first)
            if size == NOTES:
                yield from _large(bench, Path(folder))
    yield growth("`render`, nothing changed, by notes", sizes, costs["unchanged"])
    yield growth("first `render`, by notes", sizes, costs["first"])


def _bench(folder: Path, notes: int) -> Bench:
    vault = write_vault(folder / "vault", notes, max(1, notes * BLOCKS // NOTES))
    snapshot = write_snapshot(folder / "taiga.json", STORIES)
    bench = Bench(vault, folder / "home", ("--snapshot", str(snapshot)))
    bench.settle()
    return bench


def _first(bench: Bench) -> Cost:
    bench.forget()
    return bench.render()


def _large(bench: Bench, folder: Path) -> Iterator[Row]:
    unchanged = f"`render`, {NOTES:,} notes, nothing changed"
    first = f"first `render`, {NOTES:,} notes all read, {BLOCKS} with a block; snapshot"
    yield _against_rg(first, bench, partial(_first, bench), (3.0, 2.0))
    yield _against_script(bench, folder / "taiga.json")
    bench.settle()
    yield _against_rg(f"{unchanged}; snapshot", bench, bench.render, (2.0, 1.0))
    yield from _others(bench)
    with Canned(STORIES).served() as api:
        online = Bench(bench.vault, folder / "home2", (), api)
        online.settle()
        yield _against_rg(f"{unchanged}; Taiga asked", bench, online.render, (2.0, 1.0))
        online.configure('max_age = "1h"\n')
        online.settle()
        yield _against_rg(f"{unchanged}; store, `max_age`", bench, online.render, (2.0, 1.0))
        offline = Bench(bench.vault, folder / "home2", ("--offline",), api)
        offline.settle()
        yield _against_rg(f"{unchanged}; store, `--offline`", bench, offline.render, (2.0, 1.0))


def _against_rg(
    what: str, bench: Bench, way: Callable[[], Cost], goals: tuple[float, float]
) -> Row:
    at_most, aim = goals
    rg = shutil.which("rg")
    if rg is None:
        return missing(what, AGAINST, NO_RG, at_most=at_most, aim=aim)
    # It ends with 1 where nothing is found.
    search = partial(ran, [rg, "-l", "-j1", PATTERN, "."], folder=bench.vault, status=None)
    return ratio(what, AGAINST, alternate(ROUNDS, way, search), at_most=at_most, aim=aim)


def _against_script(bench: Bench, snapshot: Path) -> Row:
    what = f"first `render`, {NOTES:,} notes, {BLOCKS} with the same block"
    script = partial(ran, [sys.executable, "-c", BY_HAND, str(snapshot)], folder=bench.vault)
    costs = alternate(ROUNDS, partial(_first, bench), script)
    return ratio(what, "a script of 25 lines, with Jinja", costs, at_most=1.5, aim=1.0)


def _others(bench: Bench) -> Iterator[Row]:
    pages = sorted(map(str, bench.vault.rglob("*.md")))
    cog = ("-m", "cogapp", "--check", "-e", *pages)
    yield _against_tool(bench, "cog --check", "cogapp", cog, "cogapp")
    mdformat = ("-m", "mdformat", "--check", *pages[:BLOCKS])
    yield _against_tool(
        bench, f"mdformat --check, {BLOCKS} notes", "mdformat", mdformat, "mdformat"
    )


def _against_tool(
    bench: Bench, name: str, module: str, command: Sequence[str], package: str
) -> Row:
    what = f"first `render`, {NOTES:,} notes"
    if find_spec(module) is None:
        return missing(what, name, f"{package} is not installed: pip install {package}")
    theirs = partial(ran, [sys.executable, *command], status=None)
    return ratio(what, name, alternate(1, partial(_first, bench), theirs))
