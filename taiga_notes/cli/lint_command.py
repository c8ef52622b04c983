"""Check pages, presets, templates and settings without Taiga: no server, no snapshot, no store.

Told is what is wrong whatever Taiga holds: markers, queries, names of fields, functions, templates
and presets, front matter, `taiga-notes.toml` and its mirrors. Who edited what is none of its
business; `render --check` tells that. Without paths, or with the vault's folder, all of it is
checked; else the pages and templates that are named, and of `taiga-notes.toml` its presets and
mirrors.
"""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.cli import findings, opening, output, status_of
from taiga_notes.cli.findings import Finding
from taiga_notes.config.loading import load_files, preset_line
from taiga_notes.errors import ConfigError, SettingError, TaigaNotesError
from taiga_notes.model.invented_lists import Empty
from taiga_notes.refresh.static_checks import (
    checked_pages,
    mirror_mistake,
    preset_mistake,
    template_mistakes,
)
from taiga_notes.render.template_loader import SUFFIX
from taiga_notes.system.paths import VAULT_FILE, shown

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterator, Sequence

    from taiga_notes.model.rows import Source
    from taiga_notes.refresh.static_checks import CheckedPage
    from taiga_notes.render import Templates
    from taiga_notes.vault.vault import Vault

EXAMPLES = """\
examples:
  taiga-notes lint
  taiga-notes lint notes/Today.md
  taiga-notes lint --output-format github
"""


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    opening.add_paths_arguments(parser)
    opening.add_format_argument(parser)


def run(args: Namespace) -> int:
    """Lints, one vault after another.

    Returns:
        The exit status: that of the worst finding; warnings count nothing.
    """
    args.project = args.snapshot = None
    args.server = ""
    return opening.each_vault(args.paths, partial(_run, args))


def _run(args: Namespace, paths: Sequence[str], put: Callable[[dict[str, object]], None]) -> int:
    report = _LintReport(args.output_format)
    try:
        settings = load_files(Path(paths[0] if paths else "."), os.environ)
        vault = opening.vault(settings, excludes=not args.no_exclude)
        opened = _Unasked(args, lambda: settings)
        named = _Named(paths, opened.templates)
        chosen = vault.chosen(named.pages)
    except ConfigError as error:
        report.add(_of_settings(error), error)
    else:
        others = [f"{shown(path)} is no template of this vault" for path in named.others]
        for reason in (*others, *chosen.passed_by):
            output.complain(f"passed by: {reason}")
        names = chosen.names if named.pages or not paths else []
        is_whole = "" in names
        for finding, mistake in _of_the_vault(opened, None if is_whole else named):
            report.add(finding, mistake)
        for page in checked_pages(vault, names, opened.render_context()):
            report.page(page, vault)
    report.end(put)
    return status_of(report.errors)


class _Unasked(opening.Opened):
    """What a command works with, but for Taiga and the vault's snapshot."""

    @property
    def source(self) -> Source:
        """Lists without rows."""
        return Empty()


class _Named:
    """What paths name.

    Args:
        paths: as the user gave them.
        templates: the vault's.

    Attributes:
        pages: the paths that name pages or folders, or nothing that there is.
        others: those of templates that are none of the vault's.
        settings: whether the vault's settings are among the others.
        templates: the names of the templates among them.
    """

    def __init__(self, paths: Sequence[str], templates: Templates) -> None:
        names = {os.path.realpath(info.file): info.name for info in templates.names()}
        found = {path: names.get(os.path.realpath(path)) for path in paths}
        files = [path for path in paths if opening.is_file(path)]
        settings = {path for path in files if Path(path).name == VAULT_FILE}
        self.others = [path for path in files if path.endswith(SUFFIX) and not found[path]]
        passed = {*settings, *self.others}
        self.pages = [path for path in paths if path not in passed and not found[path]]
        self.settings = bool(settings)
        self.templates = frozenset(name for name in found.values() if name)


def _of_settings(error: ConfigError) -> Finding:
    """What is wrong with settings, at its place where that is in a file."""
    if not isinstance(error, SettingError):
        return Finding.of(error, "", 0)
    finding = Finding.of(error, shown(error.file), error.line, error.column)
    told = f"{error.what} ({error.hint})" if error.hint else error.what
    return replace(finding, message=told)


def _of_the_vault(
    opened: _Unasked, named: _Named | None
) -> Iterator[tuple[Finding, TaigaNotesError]]:
    """What is wrong with presets, mirrors and templates, or with those of them that are named."""
    if named is None or named.settings:
        yield from _of_the_file(opened)
    for file, mistake in template_mistakes(
        opened.templates, None if named is None else named.templates
    ):
        finding = Finding.of(mistake, _shown(file), mistake.line, mistake.column)
        yield replace(finding, message=mistake.sentence), mistake


def _of_the_file(opened: _Unasked) -> Iterator[tuple[Finding, TaigaNotesError]]:
    """What is wrong with presets and mirrors."""
    own = opened.settings.vault
    for name, text in own.presets.items():
        if (error := preset_mistake(text, opened.scope())) is not None:
            finding = Finding.of(error, _shown(own.file), preset_line(own, name) or 0)
            yield finding, error
    context = opened.render_context()
    for mirror in own.mirror:
        if (error := mirror_mistake(mirror, opened.scope(), context)) is not None:
            yield Finding.of(error, _shown(own.file), mirror.line), error


def _shown(file: Path | None) -> str:
    return "" if file is None else shown(str(file))


class _LintReport:
    """Tells of findings as they come, and sums up.

    Args:
        output_format: text, json or github.

    Attributes:
        errors: all that is wrong.
    """

    def __init__(self, output_format: str) -> None:
        self.errors: list[TaigaNotesError] = []
        self._format = output_format
        self._findings: list[Finding] = []
        self._templates: list[str] = []
        self._pages = 0

    def add(self, finding: Finding, error: TaigaNotesError | None = None) -> None:
        """Takes a finding, and the error that it is of."""
        self._findings.append(finding)
        if error is not None:
            self.errors.append(error)
        if self._format != "json":
            findings.say(finding, self._format)

    def page(self, page: CheckedPage, vault: Vault) -> None:
        """Takes what was found in a page."""
        path = vault.shown(page.name)
        if page.is_template:
            self._templates.append(path)
        self._pages += bool(page.blocks or page.problems)
        for each in page.problems:
            self.add(Finding.of(each.error, path, each.line, each.column), each.error)
        for line, message in page.warnings:
            self.add(Finding(path, line, 0, "warning", "", message))

    def end(self, put: Callable[[dict[str, object]], None]) -> None:
        """Sums up; `put` gets what is told to machines."""
        output.passed_by(self._templates)
        warnings = len(self._findings) - len(self.errors)
        if self._format == "json":
            put(
                {
                    "findings": [each.document() for each in self._findings],
                    "pages": self._pages,
                    "errors": len(self.errors),
                    "warnings": warnings,
                }
            )
            return
        told = [output.count(self._pages, "page"), output.count(len(self.errors), "error")]
        if warnings:
            told.append(output.count(warnings, "warning"))
        output.say(", ".join(told))
