"""The action and the workflows in `examples/github/`: of GitHub's form, and doing what they say."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from taiga_notes.cli import COMMANDS
from tests.cli.program import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent.parent / "examples" / "github"
WORKFLOWS = ["refresh-notes.yml", "check-notes.yml"]

STEP = {"name", "if", "uses", "with", "env", "run", "shell", "working-directory"}
JOB = {"runs-on", "timeout-minutes", "steps"}
WORKFLOW = {"name", "on", "permissions", "concurrency", "jobs"}
ACTION = {"name", "description", "inputs", "runs"}


def read(name: str) -> dict[str, Any]:
    """A file, whose key `on` YAML 1.1 takes for true."""
    document = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return {("on" if key is True else key): value for key, value in document.items()}


def steps() -> Iterator[dict[str, Any]]:
    yield from read("action.yml")["runs"]["steps"]
    for name in WORKFLOWS:
        for job in read(name)["jobs"].values():
            yield from job["steps"]


def test_each_step_is_one_that_github_knows() -> None:
    for step in steps():
        assert step.keys() <= STEP
        assert ("uses" in step) != ("run" in step), step
        # What an expression gives would be read by the shell as its own text.
        assert "${{" not in step.get("run", "")
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w/-]+@(v\d+|COMMIT)", step["uses"])


def test_the_action_says_what_it_takes_and_takes_nothing_else() -> None:
    action = read("action.yml")
    assert action.keys() == ACTION
    assert action["runs"]["using"] == "composite"
    for step in action["runs"]["steps"]:
        assert "uses" in step or step["shell"] == "bash"
    text = (FOLDER / "action.yml").read_text(encoding="utf-8")
    assert {*re.findall(r"inputs\.([\w-]+)", text)} == action["inputs"].keys()
    assert all({"description", "default"} == each.keys() for each in action["inputs"].values())


def test_the_workflows_are_of_githubs_form_and_call_what_there_is() -> None:
    inputs = read("action.yml")["inputs"].keys()
    for name in WORKFLOWS:
        workflow = read(name)
        assert workflow.keys() <= WORKFLOW
        for job in workflow["jobs"].values():
            assert job.keys() <= JOB
            [own] = [step for step in job["steps"] if "taiga-notes" in step.get("uses", "")]
            assert own["with"].keys() <= inputs
            command = own["with"].get("command", "render")
            assert command in COMMANDS
            assert command == "lint" or own["env"].keys() >= {"TAIGA_NOTES_PASSWORD"}
    [cron] = read("refresh-notes.yml")["on"]["schedule"]
    assert re.fullmatch(r"\d+ \* \* \* \*", cron["cron"])
    assert read("refresh-notes.yml")["permissions"] == {"contents": "write"}
    assert read("check-notes.yml")["permissions"] == {"contents": "read"}


def bash(script: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs a step as a runner does."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_actions_last_step_runs_the_command_with_words(tmp_path: Path) -> None:
    bin_ = tmp_path / "taiga-notes" / "bin"
    bin_.mkdir(parents=True)
    (bin_ / "taiga-notes").symlink_to(PROGRAM)
    (tmp_path / "A.md").write_text("<!-- #taiga: from nowhere -->\n<!-- /taiga -->\n")
    step = read("action.yml")["runs"]["steps"][-1]
    env = {"RUNNER_TEMP": str(tmp_path), "COMMAND": "lint", "ARGUMENTS": "--output-format github *"}
    done = bash(step["run"], tmp_path, **env)
    assert done.returncode == 2
    assert done.stdout.startswith("::error title=taiga-notes::'*' does not exist\n")
    done = bash(step["run"], tmp_path, **{**env, "ARGUMENTS": "--output-format github"})
    assert done.returncode == 3
    assert done.stdout.startswith("::error file=A.md,line=1,col=19,title=taiga-notes::unknown name")


@pytest.mark.slow
def test_the_workflow_commits_pages_that_have_changed_and_pushes_them(tmp_path: Path) -> None:
    git = "git -c user.name=Ann -c user.email=ann@acme.example"
    clone, other = tmp_path / "clone", tmp_path / "other"
    made = bash(
        f"git init -q --bare -b main shared && git clone -q shared clone && cd clone && "
        f"echo a > A.md && echo b > B.md && git add . && {git} commit -qm notes && git push -q "
        f"&& cd .. && git clone -q shared other",
        tmp_path,
    )
    assert made.returncode == 0, made.stderr
    [commit] = [step["run"] for step in steps() if step.get("name") == "Commit"]
    assert bash(commit, clone).returncode == 0
    assert bash("git log --oneline | wc -l", clone).stdout.strip() == "1"
    # Somebody pushes another page meanwhile.
    (other / "B.md").write_text("by ann\n")
    assert bash(f"{git} commit -qam B && git push -q", other).returncode == 0
    (clone / "A.md").write_text("rendered\n")
    (clone / "stories").mkdir()
    (clone / "stories" / "1.md").write_text("made\n")
    (clone / "left-over.txt").write_text("")
    done = bash(commit, clone)
    assert done.returncode == 0, done.stderr
    assert bash("git pull -q && cat A.md B.md stories/1.md && ls", other).stdout == (
        "rendered\nby ann\nmade\nA.md\nB.md\nstories\n"
    )
    shutil.rmtree(clone)
