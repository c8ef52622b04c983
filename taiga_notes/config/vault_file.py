"""A vault's `taiga-notes.toml` → what the vault says of itself.

It is shared, synced and cloned, so never trusted with secrets, commands or another server.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.config import toml_reader
from taiga_notes.config.settings import (
    LOG_IN,
    NEVER_IN_A_FILE,
    OnEdit,
    PushStatuses,
    UserConfig,
    VaultConfig,
    Watch,
)
from taiga_notes.config.time_zones import time_zone
from taiga_notes.config.toml_reader import ExpectedError, TomlTable
from taiga_notes.errors import ConfigError
from taiga_notes.system.paths import VAULT_FILE, vault_root

if TYPE_CHECKING:
    from taiga_notes.config.mirror_settings import Mirror
    from taiga_notes.model.rows import ProjectKey, Projects


def load_vault(start: Path, user: UserConfig) -> VaultConfig:
    """What the vault says of itself that a page or a folder is in.

    Args:
        start: the page or folder, by an absolute path.
        user: whose own file messages name, for what a vault may not set.

    Raises:
        ConfigError: the file is wrong, or lies outside of the vault.
    """
    folder, named = vault_root(os.fspath(start))
    root = Path(folder)
    if named is not None:
        file = Path(named)
        if not _is_below(file, root):
            raise ConfigError(
                f"{file} leads out of the vault",
                hint="nothing outside of a vault is read for it: put a copy there",
            )
        if found := toml_reader.read_file(file):
            return _vault(found, root, user)
    return VaultConfig(root, templates=_inside(TomlTable({}, root / VAULT_FILE), root, "templates"))


def _vault(found: TomlTable, root: Path, user: UserConfig) -> VaultConfig:
    vault = VaultConfig(
        root=root,
        file=found.file,
        project=_projects(found),
        template=found.take("template", toml_reader.text, None),
        templates=_inside(found, root, found.take("templates", toml_reader.text, "templates")),
        presets=found.take("presets", toml_reader.text_table, {}),
        exclude=found.take("exclude", toml_reader.texts, ()),
        snapshot=_snapshot(found, root, found.take("snapshot", toml_reader.text, None)),
        web=found.take("web", toml_reader.address, None),
        api=found.take("api", toml_reader.address, None),
        on_edit=found.take("on_edit", _on_edit, "refuse"),
        max_details=found.take("max_details", toml_reader.count, None),
        timezone=found.take("timezone", time_zone, ""),
        watch=_watch(found.take_table("watch")),
        push=_push(found.take_table("push")),
        mirror=_mirrors(found),
    )
    own = f"a vault is shared: set it in your own configuration, {user.file}"
    never = dict.fromkeys(NEVER_IN_A_FILE, LOG_IN)
    page = {"server": "a page names it in its front matter: taiga: {server: NAME}"}
    found.finish({**dict.fromkeys(UserConfig.__slots__, own), **never, **page})
    return vault


def _watch(found: TomlTable) -> Watch:
    usual = Watch()
    watch = Watch(
        quiet_ms=found.take("quiet_ms", toml_reader.milliseconds, usual.quiet_ms),
        every=found.take("every", toml_reader.positive_span, usual.every),
    )
    found.finish({})
    return watch


def _mirrors(found: TomlTable) -> tuple[Mirror, ...]:
    if not found.take("mirror", bool, default=False):
        return ()
    from taiga_notes.config.mirror_settings import mirrors  # noqa: PLC0415 - 2 ms that few need to pay

    return mirrors(found)


def _projects(found: TomlTable) -> Projects:
    """The vault's one project, or its several ones.

    Raises:
        ConfigError: both are set, or one is none.
    """
    one = found.take("project", _project, None)
    more = found.take("projects", _project_list, None)
    if one is not None and more is not None:
        raise found.wrong(
            "projects",
            "both `project` and `projects` are set",
            "keep one of the two",
        )
    return one if more is None else more


def _project_list(value: object) -> Projects:
    try:
        keys = [_project(each) for each in value] if isinstance(value, list) else []
    except ExpectedError:
        keys = []
    if keys:
        from taiga_notes.model.rows import several  # noqa: PLC0415 - likewise

        return several(keys)
    raise ExpectedError('a list of slugs such as ["acme", "beta"]')


def _push(found: TomlTable) -> PushStatuses:
    statuses = PushStatuses(
        done=found.take("done", _names, ()), reopen=found.take("reopen", _names, ())
    )
    found.finish({})
    return statuses


def _names(value: object) -> tuple[str, ...]:
    """A name, or several of which each kind of items has its own."""
    match value:
        case str() if value:
            return (value,)
        case list() if value:
            return toml_reader.texts(value)
    raise ExpectedError("a status's name, or a list of such")


def _project(value: object) -> ProjectKey:
    match value:
        case bool():
            pass
        case int() if value > 0:
            return value
        case str() if value and value.isprintable():
            return value
    raise ExpectedError("a project's slug or number")


def _on_edit(value: object) -> OnEdit:
    match value:
        case "refuse" | "rescue" | "overwrite":
            return value
        case _:
            raise ExpectedError('"refuse", "rescue" or "overwrite"')


def _inside(found: TomlTable, root: Path, name: str) -> Path:
    """The folder of templates by its name in the vault."""
    if folder := _within(root, name):
        return folder
    raise found.wrong(
        "templates",
        f"the folder {name!a} is not inside the vault",
        "templates are read from inside the vault only: name a folder such as templates",
    )


def _snapshot(found: TomlTable, root: Path, name: str | None) -> Path | None:
    """The file of rows by its name in the vault."""
    if name is None:
        return None
    file = _within(root, name)
    # A pipe or a device, which an archive can carry, would never end.
    if file is not None and (file.is_file() or not file.exists()):
        return file
    if file is not None:
        raise found.wrong("snapshot", f"the snapshot {name!a} is no file")
    raise found.wrong(
        "snapshot",
        f"the snapshot {name!a} is not inside the vault",
        "a vault's rows are read from inside the vault only: name a file such as taiga.json; "
        "`--snapshot FILE` reads any",
    )


def _within(root: Path, name: str) -> Path | None:
    """What has that name in the vault; None where `..` or a link leads out of it."""
    place = root / name
    is_plain = not Path(name).is_absolute() and ".." not in Path(name).parts
    return place if is_plain and _is_below(place, root) else None


def _is_below(folder: Path, root: Path) -> bool:
    try:
        real = folder.resolve()
    except (OSError, RuntimeError):
        return False
    # A link that leads to itself: from Python 3.13 on `resolve` gives it back, and raises nothing.
    return not real.is_symlink() and real.is_relative_to(root.resolve())
