"""Settings: what each file and variable may set, and one message for each way to be wrong."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from taiga_notes.cli.init_command import example
from taiga_notes.config import settings as config
from taiga_notes.config import toml_reader
from taiga_notes.config.loading import load
from taiga_notes.config.user_file import load_user
from taiga_notes.errors import ConfigError, UnknownServerError, UntrustedError
from taiga_notes.system.paths import VAULT_FILE, user_folders
from tests.tables import each

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET = "s3cret-value"


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    folder = tmp_path / "vault"
    (folder / "sub").mkdir(parents=True)
    return folder


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path / "home")}


def _load(vault: Path, env: Mapping[str, str], text: str) -> config.VaultConfig:
    (vault / VAULT_FILE).write_text(text, encoding="utf-8")
    return load(vault, env).vault


def _load_user(tmp_path: Path, text: str, **env: str) -> config.UserConfig:
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return load_user({"HOME": str(tmp_path), "TAIGA_NOTES_CONFIG": str(file), **env})


# --- the vault's file ---


def test_everything_a_vault_may_say(vault: Path, env: dict[str, str]) -> None:
    text = """
        project = "acme"
        template = "links"
        templates = "sub/own"
        exclude = ["archive/**"]
        snapshot = "sub/taiga.json"
        web = "https://Taiga.Example:443/front/"
        api = "https://api.taiga.io/api/v1/"
        on_edit = "rescue"
        max_details = 20
        timezone = "Europe/Berlin"
        [presets]
        open = "from userstories\\nwhere not is_closed"
        [watch]
        quiet_ms = 50
        every = "5m"
    """
    assert _load(vault, env, text) == config.VaultConfig(
        root=vault,
        file=vault / "taiga-notes.toml",
        project="acme",
        template="links",
        templates=vault / "sub/own",
        presets={"open": "from userstories\nwhere not is_closed"},
        exclude=("archive/**",),
        snapshot=vault / "sub/taiga.json",
        web="https://taiga.example/front",
        api="https://api.taiga.io/api/v1",
        on_edit="rescue",
        max_details=20,
        timezone="Europe/Berlin",
        watch=config.Watch(quiet_ms=50, every=300.0),
    )


def test_a_project_may_be_a_number(vault: Path, env: dict[str, str]) -> None:
    assert _load(vault, env, "project = 12").project == 12


def test_a_vault_may_say_nothing(vault: Path, env: dict[str, str]) -> None:
    loaded = _load(vault, env, "")
    assert (loaded.root, loaded.templates) == (vault, vault / "templates")
    assert (loaded.on_edit, loaded.watch) == ("refuse", config.Watch(300, 60.0))


@pytest.mark.parametrize("start", ["", "sub", "sub/page.md", "sub/none/at/all.md"])
def test_the_vault_is_the_nearest_folder_above(
    vault: Path, env: dict[str, str], start: str
) -> None:
    (vault.parent / VAULT_FILE).write_text("project = 'outer'")
    _load(vault, env, "project = 'inner'")
    assert load(vault / start, env).vault.project == "inner"


def test_without_a_file_the_folder_itself_is_the_vault(vault: Path, env: dict[str, str]) -> None:
    page = vault / "page.md"
    page.write_text("")
    loaded = load(page, env).vault
    assert (loaded.root, loaded.file) == (vault, None)


@each(
    ("text", "message"),
    [
        ("project = true", "line 1: `project` must be a project's slug or number, not true or"),
        ("project = 0", "must be a project's slug or number"),
        ("template = ['x']", "`template` must be a text in quotes, on one line, not a list"),
        ("\ntemplate = ''", "line 2: `template` must be a text"),
        ("exclude = 'x'", "`exclude` must be a list of texts in quotes"),
        ("exclude = [1]", "`exclude` must be a list of texts in quotes, not a list"),
        ("presets = 3", "`presets` must be a table whose values are texts, not a number"),
        ("[presets]\nopen = 3", "line 1: `presets` must be a table whose values are texts"),
        ("web = 'javascript:alert(1)'", "`web` must be an address"),
        ("web = 'https://user:pass@host'", "`web` must be an address"),
        ("web = 'https://host/?q'", "`web` must be an address"),
        ("web = 'https://host/a b'", "`web` must be an address"),
        ("web = 'https://host/?next=/x'", "`web` must be an address"),
        ("web = 'https://host:99999'", "`web` must be an address"),
        ("web = 'https://host:0'", "`web` must be an address"),
        ("web = 'https://[::1'", "`web` must be an address"),
        ("web = 'https://[::g]'", "`web` must be an address"),
        ("web = 'https://a..b'", "`web` must be an address"),
        ("web = 'https://-'", "`web` must be an address"),
        ("web = 'https://host/%zz'", "`web` must be an address"),
        ("web = 3", "`web` must be an address"),
        ("[push]\ndone = ''", "`push.done` must be a status's name, or a list of such"),
        ("[push]\nreopen = []", "`push.reopen` must be a status's name, or a list of such"),
        ("[push]\ndone = [5]", "`push.done` must be"),
        ("[push]\nclosed = 'Done'", "unknown key 'push.closed'"),
        ("on_edit = 'ask'", '`on_edit` must be "refuse", "rescue" or "overwrite"'),
        ("timezone = 'Europe/Berln'", "line 1: `timezone` must be a time zone such as"),
        ("timezone = 1", '`timezone` must be a time zone such as "Europe/Berlin" or "UTC", not a'),
        ("watch = 3", "`watch` must be a table, not a number"),
        ("[watch]\nquiet_ms = -1", "line 2: `watch.quiet_ms` must be a whole number from 0"),
        ("[watch]\nquiet_ms = true", "`watch.quiet_ms` must be a whole number from 0"),
        (f"[watch]\nquiet_ms = {'9' * 400}", "`watch.quiet_ms` must be a whole number from 0"),
        ("[watch]\nevery = '0s'", "`watch.every` must be a span of time above 0"),
        ("[watch]\nevery = 1979-05-27", "`watch.every` must be a span of time"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(
    vault: Path, env: dict[str, str], text: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)) as caught:
        _load(vault, env, text)
    assert str(vault / VAULT_FILE) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\nprojct = 'x'", "line 2: unknown key 'projct' (did you mean `project`? allowed are"),
        ("zzz = 1", "unknown key 'zzz' (allowed are project, projects, template, templates,"),
        ("[watch]\nquit_ms = 1", "unknown key 'watch.quit_ms' (did you mean `quiet_ms`? allowed"),
        ("[taiga.project]\nname = 1", "line 1: unknown key 'taiga'"),
        ('"\\u001b[31m" = 1', "unknown key '\\x1b[31m'"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_and_all_known(
    vault: Path, env: dict[str, str], text: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        _load(vault, env, text)


@each(
    "key",
    [
        *("password", "token", "auth_token", "refresh", "username", "password_command"),
        *("application_token", "webhook_key", "webhook_keys", "allow_http", "anonymous", "keyring"),
        *("timeout", "max_wait", "full_every", "max_age", "webhook"),
    ],
)
def test_a_vault_can_set_neither_account_nor_secrets(
    vault: Path, env: dict[str, str], key: str
) -> None:
    with pytest.raises(ConfigError, match=f"line 1: `{key}` does not belong here") as caught:
        _load(vault, env, f"{key} = '{SECRET}'")
    assert SECRET not in f"{caught.value}{caught.value!r}"
    assert "own configuration" in caught.value.hint


def test_a_vault_can_name_no_other_server(vault: Path, env: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"is meant for https://evil\.example/api/v1, but your"):
        _load(vault, env, 'api = "https://evil.example/api/v1"')


def test_a_vault_may_name_the_users_server_in_any_spelling(
    vault: Path, env: dict[str, str]
) -> None:
    env["TAIGA_NOTES_API"] = "HTTPS://Taiga.Example:443/api/v1/"
    assert _load(vault, env, 'api = "https://taiga.example/api/v1"').api


def test_the_vaults_web_address_counts_before_the_users(vault: Path, env: dict[str, str]) -> None:
    (vault / VAULT_FILE).write_text('web = "https://front.example"')
    assert load(vault, env).web == "https://front.example"
    (vault / VAULT_FILE).write_text("")
    assert load(vault, env).web == "https://tree.taiga.io"


@pytest.mark.parametrize("name", ["..", "/etc", "sub/../..", "../vault/templates", "a/../b"])
def test_templates_lie_inside_the_vault(vault: Path, env: dict[str, str], name: str) -> None:
    with pytest.raises(ConfigError, match="is not inside the vault"):
        _load(vault, env, f"templates = '{name}'")


@pytest.mark.parametrize("target", ["/etc", "..", "templates"])
def test_no_link_leads_the_templates_out_of_the_vault(
    vault: Path, env: dict[str, str], target: str
) -> None:
    (vault / "templates").symlink_to(target)
    with pytest.raises(ConfigError, match="is not inside the vault"):
        _load(vault, env, "")


@each("name", ["..", "/etc/hosts", "sub/../../x.json", "out", "out/hosts", "loop"])
def test_a_vaults_rows_lie_inside_the_vault(vault: Path, env: dict[str, str], name: str) -> None:
    for link, target in {"out": "/etc", "loop": "loop"}.items():
        if not (vault / link).is_symlink():
            (vault / link).symlink_to(target)
    with pytest.raises(ConfigError, match=r"the snapshot .* is not inside the vault"):
        _load(vault, env, f"snapshot = '{name}'")


def test_a_vaults_rows_are_a_file(vault: Path, env: dict[str, str]) -> None:
    os.mkfifo(vault / "pipe")
    for name in ("pipe", "sub", "."):
        with pytest.raises(ConfigError, match=r"the snapshot .* is no file"):
            _load(vault, env, f"snapshot = '{name}'")
    (vault / "link.json").symlink_to("sub/taiga.json")
    assert _load(vault, env, "snapshot = 'link.json'").snapshot == vault / "link.json"


def test_a_link_within_the_vault_is_fine(vault: Path, env: dict[str, str]) -> None:
    (vault / "templates").symlink_to("sub")
    assert _load(vault, env, "").templates == vault / "templates"


# --- files that are no configuration ---


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1\nb = [", "taiga-notes.toml, line 2: not valid TOML"),
        ("a = 1\nb c", "taiga-notes.toml, line 2, column 3: not valid TOML"),
        ("a = " + "[" * 5000 + "]" * 5000, "its values are nested too deeply"),
        ("#" * (toml_reader.MAX_BYTES + 1), "is longer than 256 kB"),
    ],
)
def test_what_is_no_toml_is_reported_with_its_place(
    vault: Path, env: dict[str, str], text: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        _load(vault, env, text)


def test_what_is_no_utf_8_is_reported_with_its_line(vault: Path, env: dict[str, str]) -> None:
    (vault / VAULT_FILE).write_bytes(b"project = 'acme'\ntemplate = '\xe9'\n")
    with pytest.raises(ConfigError, match="line 2: this is no UTF-8"):
        load(vault, env)


def test_a_byte_order_mark_does_no_harm(vault: Path, env: dict[str, str]) -> None:
    (vault / VAULT_FILE).write_bytes(b"\xef\xbb\xbfproject = 'acme'")
    assert load(vault, env).vault.project == "acme"


def test_a_pipe_or_a_device_is_no_configuration(vault: Path, env: dict[str, str]) -> None:
    os.mkfifo(vault / VAULT_FILE)
    (vault / "sub" / VAULT_FILE).symlink_to("/dev/zero")
    assert load(vault / "sub", env).vault.file is None


def test_an_unreadable_file_is_reported(tmp_path: Path, env: dict[str, str]) -> None:
    env["TAIGA_NOTES_CONFIG"] = str(tmp_path)
    with pytest.raises(ConfigError, match="can't be read: Is a directory"):
        load_user(env)


@given(text=st.text(max_size=200))
def test_whatever_stands_in_a_file_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        expected = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except ValueError:
        with pytest.raises(ConfigError, match=re.escape(str(file))) as caught:
            toml_reader.read_file(file)
        assert str(caught.value).isprintable()
    else:
        found = toml_reader.read_file(file)
        assert found is not None
        assert found.values == expected


# --- the user's file and the environment ---


def test_without_any_the_user_reads_taigas_own_service(env: dict[str, str]) -> None:
    file = Path(env["HOME"]) / ".config" / "taiga-notes" / "config.toml"
    assert load_user(env) == config.UserConfig(file)


def test_everything_a_user_may_say(tmp_path: Path) -> None:
    text = """
        api = "http://localhost:8000/api/v1"
        web = "http://localhost:9000"
        username = "ann"
        login_type = "ldap"
        password_command = "pass show 'my taiga'"
        application_token = "abc"
        anonymous = true
        keyring = false
        allow_http = true
        language = "pt-br"
        timeout = 5
        max_wait = "2m"
        full_every = "12h"
        max_age = "30s"
        max_details = 2000
        webhook = "127.0.0.1:8777"
        [webhook_keys]
        acme = "k1"
    """
    assert _load_user(tmp_path, text) == config.UserConfig(
        file=tmp_path / "mine.toml",
        api="http://localhost:8000/api/v1",
        web="http://localhost:9000",
        username="ann",
        login_type="ldap",
        password_command=("pass", "show", "my taiga"),
        application_token="abc",
        anonymous=True,
        keyring=False,
        allow_http=True,
        language="pt-br",
        timeout=5.0,
        max_wait=120.0,
        full_every=43_200.0,
        max_age=30.0,
        max_details=2000,
        webhook=toml_reader.Endpoint("127.0.0.1", 8777),
        webhook_keys={"acme": "k1"},
    )


def test_the_environment_counts_before_the_file(tmp_path: Path) -> None:
    user = _load_user(
        tmp_path,
        "api = 'https://one.example/api/v1'\nusername = 'ann'\napplication_token = 'one'",
        TAIGA_NOTES_API="https://two.example/api/v1/",
        TAIGA_NOTES_WEB="https://front.example",
        TAIGA_NOTES_USERNAME="bob",
        TAIGA_NOTES_PASSWORD="p w",
        TAIGA_NOTES_TOKEN="t",
        TAIGA_NOTES_APPLICATION_TOKEN="two",
        TAIGA_NOTES_WEBHOOK_KEY="k",
    )
    assert (user.api, user.web) == ("https://two.example/api/v1", "https://front.example")
    assert (user.username, user.password, user.token) == ("bob", "p w", "t")
    assert (user.application_token, user.webhook_key) == ("two", "k")


@each(
    ("env", "expected"),
    [
        ({"TAIGA_NOTES_TOKEN": '"Bearer t"\n'}, ("t", None, config.Credential.TOKEN)),
        (
            {"TAIGA_NOTES_TOKEN": "Application a:1:s"},
            (None, "a:1:s", config.Credential.APPLICATION),
        ),
        ({"TAIGA_NOTES_APPLICATION_TOKEN": "bearer t"}, ("t", None, config.Credential.TOKEN)),
        (
            {"TAIGA_NOTES_TOKEN": "application a", "TAIGA_NOTES_APPLICATION_TOKEN": "b"},
            (None, "a", config.Credential.APPLICATION),
        ),
    ],
)
def test_a_token_is_what_stands_before_it(
    tmp_path: Path, env: dict[str, str], expected: tuple[object, ...]
) -> None:
    user = _load_user(tmp_path, "", **env)
    assert (user.token, user.application_token, user.credential) == expected


def test_an_empty_variable_is_none(tmp_path: Path) -> None:
    assert _load_user(tmp_path, "username = 'ann'", TAIGA_NOTES_USERNAME="").username == "ann"


@each(
    ("api", "web"),
    [
        ("https://api.taiga.io/api/v1", "https://tree.taiga.io"),
        ("https://taiga.example/api/v1", "https://taiga.example"),
        ("http://[::1]:8000/api/v1", "http://[::1]:8000"),
        ("https://taiga.example/taiga/api/v1", "https://taiga.example/taiga"),
        ("https://taiga.example/a/b/api/v1/", "https://taiga.example/a/b"),
        ("https://taiga.example/API/V1", "https://taiga.example"),
        ("https://taiga.example/taiga/", "https://taiga.example/taiga"),
        ("https://taiga.example/taiga/api", "https://taiga.example/taiga"),
        ("https://taiga.example", "https://taiga.example"),
    ],
)
def test_the_web_front_is_where_the_api_is_unless_it_is_taigas_own(
    tmp_path: Path, api: str, web: str
) -> None:
    assert _load_user(tmp_path, f"api = '{api}'").web == web


@each(
    ("text", "message"),
    [
        ("timeout = '0s'", "`timeout` must be a span of time above 0"),
        ("max_wait = '2 years'", "`max_wait` must be a span of time such as"),
        ("max_wait = nan", "`max_wait` must be a span of time such as"),
        ("max_wait = true", "`max_wait` must be a span of time such as"),
        ('password_command = "pass \'show"', "`password_command` must be a command such as"),
        ("password_command = '  '", "`password_command` must be a command such as"),
        ("password_command = []", "`password_command` must be a command such as"),
        ("webhook = '127.0.0.1'", "`webhook` must be a host and a port"),
        ("webhook = '127.0.0.1:99999'", "`webhook` must be a host and a port"),
        ("webhook = 8777", "`webhook` must be a host and a port"),
        ('application_token = """a\nb"""', "`application_token` must be a text in quotes"),
        ("application_token = 'Basic a'", "`application_token` must be a token on one line"),
        ("application_token = 'Bearer a'", "line 1: a Bearer token is never kept in a file"),
        ("language = ['de', 'en']", '`language` must be one language such as "de" or "pt-br"'),
        ("language = 'de, en;q=0.5'", "`language` must be one language"),
        ('language = "de\\r\\nX-Other: 1"', "`language` must be one language"),
        ("language = 'd\u00e9'", "`language` must be one language"),
        ("language = 'de\u2028'", "`language` must be one language"),
        ("login_type = ''", "`login_type` must be a kind of login such as"),
        ("login_type = 'a b'", "`login_type` must be a kind of login such as"),
        ("login_type = 3", "`login_type` must be a kind of login such as"),
        ("anonymous = 'yes'", "`anonymous` must be true or false"),
        ("webhook_keys = ['k']", "`webhook_keys` must be a table whose values are texts"),
        ("max_details = -1", "`max_details` must be a whole number from 0 to 1000000"),
        ("max_details = true", "`max_details` must be a whole number"),
        ("max_details = '5'", "`max_details` must be a whole number"),
        ("trust = '~/notes'", 'must be a list of folders such as ["~/notes"]'),
        ("trust = ['notes']", "with whole paths"),
        ("trust = [true]", "must be a list of folders"),
        ("userame = 'x'", "unknown key 'userame' (did you mean `username`?"),
        ("project = 'x'", "`project` does not belong here (it is a vault's setting"),
        ("password = 'x'", "`password` is never kept in a file"),
        ("token = 'x'", "`token` is never kept in a file"),
    ],
)
def test_a_users_mistake_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        _load_user(tmp_path, text)


def test_a_number_out_of_bounds_is_not_said_to_be_none(tmp_path: Path) -> None:
    for number in ("-1", "1.5", "1e9", "inf"):
        with pytest.raises(ConfigError, match=r"must be a whole number from 0 to 1000000$"):
            _load_user(tmp_path, f"max_details = {number}")


def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^TAIGA_NOTES_API must be an address such as"):
        _load_user(tmp_path, "", TAIGA_NOTES_API="taiga.example")


def test_half_a_character_in_the_environment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="TAIGA_NOTES_PASSWORD must be a text") as caught:
        _load_user(tmp_path, "", TAIGA_NOTES_PASSWORD=f"{SECRET}\udce9")
    assert SECRET not in str(caught.value)


def test_a_configuration_that_is_named_must_exist(env: dict[str, str]) -> None:
    env["TAIGA_NOTES_CONFIG"] = "/nowhere/at/all.toml"
    with pytest.raises(ConfigError, match="which TAIGA_NOTES_CONFIG names, does not exist"):
        load_user(env)


def test_a_command_may_be_a_list_of_words(tmp_path: Path) -> None:
    user = _load_user(tmp_path, 'password_command = ["op", "read", "op://a b/c"]')
    assert user.password_command == ("op", "read", "op://a b/c")


def test_no_setting_shows_a_secret(tmp_path: Path) -> None:
    text = f"""
        application_token = "{SECRET}1"
        password_command = "echo {SECRET}2"
        webhook_keys = {{acme = "{SECRET}3"}}
    """
    variables = ("PASSWORD", "TOKEN", "WEBHOOK_KEY")
    env = {f"TAIGA_NOTES_{name}": SECRET + name for name in variables}
    user = _load_user(tmp_path, text, **env)
    settings = config.Settings(config.VaultConfig(tmp_path), user)
    assert SECRET not in f"{user}{user!r}{settings}{settings!r}"


# --- values ---


@given(
    number=st.decimals(0, 10_000, places=3).map(lambda value: f"{value:f}"),
    unit=st.sampled_from(["ms", "s", "m", "h"]),
    blank=st.sampled_from(["", " "]),
)
def test_a_span_of_time_is_a_number_and_a_unit(number: str, unit: str, blank: str) -> None:
    seconds = float(number) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600}[unit]
    if seconds <= toml_reader.LONGEST_SPAN:
        assert toml_reader.span(f"{number}{blank}{unit}") == pytest.approx(seconds)


@given(value=st.one_of(st.text(max_size=20), st.floats(), st.integers(), st.none(), st.booleans()))
def test_a_span_of_time_is_within_a_year_or_refused(value: object) -> None:
    try:
        seconds = toml_reader.span(value)
    except toml_reader.ExpectedError:
        return
    assert 0 <= seconds <= toml_reader.LONGEST_SPAN


@given(value=st.text(alphabet="htps:/.@?#[]ab1 %\\\n\u202e", max_size=30))
def test_an_address_has_one_spelling_and_neither_user_nor_query(value: str) -> None:
    try:
        address = toml_reader.address(value)
    except toml_reader.ExpectedError:
        return
    assert re.fullmatch(r"https?://[^/@?#\s]+(/[^@?#\s]*)?", address)
    assert toml_reader.address(address) == address


@each(
    ("text", "endpoint"),
    [
        ("127.0.0.1:8777", ("127.0.0.1", 8777, "")),
        ("[::1]:80", ("::1", 80, "")),
        ("localhost:0", ("localhost", 0, "")),
        (":8765", ("", 8765, "")),
        ("8765", ("", 8765, "")),
        (" notes.lan:8765/ ", ("notes.lan", 8765, "")),
        ("127.0.0.1:8765/hook", ("127.0.0.1", 8765, "/hook")),
        (":8765/a/b/", ("", 8765, "/a/b")),
        ("http://127.0.0.1:8765", ("127.0.0.1", 8765, "")),
        ("HTTP://[::1]:8765/hook", ("::1", 8765, "/hook")),
        ("http://notes.lan/hook", ("notes.lan", 80, "/hook")),
        ("http://:8765", ("", 8765, "")),
    ],
)
def test_an_endpoint_is_a_host_a_port_and_perhaps_a_path(
    text: str, endpoint: tuple[str, int, str]
) -> None:
    assert toml_reader.endpoint(text) == endpoint


@each(
    "value",
    [
        *("", ":", "/hook", "localhost", "host:", "host:x", ":99999", "99999", "::1:80x", "a b:1"),
        *(
            "https://127.0.0.1:8765",
            "http://u:p@host:1",
            ":1/?x",
            ":1/a b",
            "ftp://h:1",
            8765,
            None,
        ),
    ],
)
def test_what_is_no_endpoint_is_refused(value: object) -> None:
    with pytest.raises(toml_reader.ExpectedError, match="a host and a port such as"):
        toml_reader.endpoint(value)


# --- folders ---


@pytest.mark.parametrize(
    ("system", "env", "expected"),
    [
        ("linux", {"HOME": "/h"}, ("/h/.config", "/h/.cache", "/h/.local/state")),
        (
            "linux",
            {"HOME": "/h", "XDG_CONFIG_HOME": "/c", "XDG_CACHE_HOME": "/d", "XDG_STATE_HOME": "/e"},
            ("/c", "/d", "/e"),
        ),
        (
            "linux",
            {"HOME": "/h", "XDG_CONFIG_HOME": "relative"},
            ("/h/.config", "/h/.cache", "/h/.local/state"),
        ),
    ],
)
def test_folders_on_linux(
    monkeypatch: pytest.MonkeyPatch,
    system: str,
    env: dict[str, str],
    expected: tuple[str, str, str],
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    found = user_folders(env)
    assert (found.config, found.cache, found.state) == tuple(
        Path(folder) / "taiga-notes" for folder in expected
    )


def test_folders_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    env = {"USERPROFILE": "/u", "APPDATA": "/u/Roaming"}
    found = user_folders(env)
    assert found.config == Path("/u/Roaming/taiga-notes")
    assert found.cache == Path("/u/AppData/Local/taiga-notes/cache")
    assert found.state == Path("/u/AppData/Local/taiga-notes/state")


def test_folders_on_macos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    found = user_folders({"HOME": "/u", "XDG_STATE_HOME": "/s"})
    assert found.config == Path("/u/Library/Application Support/taiga-notes")
    assert found.cache == Path("/u/Library/Caches/taiga-notes")
    assert found.state == Path("/s/taiga-notes")


@pytest.mark.parametrize("env", [{}, {"HOME": "notes"}, {"HOME": "~ann"}, {"USERPROFILE": "."}])
def test_without_a_home_there_is_an_error(
    monkeypatch: pytest.MonkeyPatch, env: dict[str, str]
) -> None:
    """A relative one would take a vault's own files for the user's settings."""
    monkeypatch.setattr(os.path, "expanduser", lambda path: env.get("HOME", path))
    with pytest.raises(ConfigError, match="there is no home folder"):
        user_folders(env)


def test_the_real_home_counts_where_the_environment_names_none() -> None:
    assert user_folders({}).state.is_relative_to(Path.home())


# --- the file that `init` writes ---


def test_the_example_parses_and_sets_nothing(vault: Path, env: dict[str, str]) -> None:
    assert _load(vault, env, example()) == config.VaultConfig(
        vault, vault / VAULT_FILE, templates=vault / "templates"
    )


@pytest.mark.parametrize("project", ["acme", 'a"b\\c', "ümlaut"])
def test_the_example_names_the_project(vault: Path, env: dict[str, str], project: str) -> None:
    assert _load(vault, env, example(project=project)).project == project


def test_the_example_explains_every_key_with_its_usual_value(
    vault: Path, env: dict[str, str]
) -> None:
    """Without the signs that turn them off, its lines are a configuration with every key."""
    switched_on = re.sub(r"(?m)^# (?=\[{0,2}[a-z_]+(\]| = ))", "", example())
    loaded = _load(vault, env, switched_on)
    explained = set(tomllib.loads(switched_on)) | {"root", "file"}
    assert explained == set(config.VaultConfig.__slots__)
    assert set(tomllib.loads(switched_on)["watch"]) == set(config.Watch.__slots__)
    usual = config.VaultConfig(vault, templates=vault / "templates")
    for key in ("templates", "on_edit", "watch"):
        assert getattr(loaded, key) == getattr(usual, key)


# --- cost ---


def test_nothing_is_read_or_made_by_importing(tmp_path: Path) -> None:
    env = {**os.environ, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    code = "import taiga_notes.config.loading"
    subprocess.run([sys.executable, "-c", code], env=env, check=True)
    assert list(tmp_path.iterdir()) == []


@each(
    ("given", "address"),
    [
        ("HTTPS://Taiga.Example:443/API/v1/", "https://taiga.example/API/v1"),
        (" https://taiga.example ", "https://taiga.example"),
        ("https://taiga.example.:/", "https://taiga.example"),
        ("http://taiga.example:0080//taiga//", "http://taiga.example/taiga"),
        ("http://taiga.example:8080/a/./b/../c", "http://taiga.example:8080/a/c"),
        ("http://taiga.example/%2e%2E/a", "http://taiga.example/a"),
        ("http://[2001:DB8:0:0::1]:8000/x", "http://[2001:db8::1]:8000/x"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("https://my_host/x", "https://my_host/x"),
        ("https://Bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("https://straße.example", "https://xn--strae-oqa.example"),
        ("https://例え.テスト/taiga", "https://xn--r8jz45g.xn--zckzah/taiga"),
        ("https://host/a)b(c)*_[x]'", "https://host/a%29b%28c%29%2A_%5Bx%5D%27"),
        ("https://host/a:b@c;d=e&f,g!h$i+j", "https://host/a%3Ab%40c%3Bd%3De%26f%2Cg%21h%24i%2Bj"),
        ("https://host/%C3%BC", "https://host/%C3%BC"),
        ("https://host/%c3%bc%7e/%2F%61", "https://host/%C3%BC~/%2Fa"),
    ],
)
def test_any_legal_form_of_an_address_is_understood(given: str, address: str) -> None:
    assert toml_reader.address(given) == address
    assert toml_reader.address(address) == address


@given(
    host=st.sampled_from(["taiga.example", "[::1]", "bücher.example", "127.0.0.1", "a-b.c_d"]),
    port=st.sampled_from(["", ":", ":80", ":8443", ":443"]),
    path=st.text(st.characters(exclude_characters=' \\?#%"<>^`{|}', exclude_categories=["Z", "C"])),
)
def test_any_address_makes_a_link_that_is_one(host: str, port: str, path: str) -> None:
    web = toml_reader.address(f"https://{host}{port}/{path}")
    for written in (f"[x]({web}/project/acme/us/1)", f"<{web}/project/acme/us/1>"):
        (line,) = MarkdownIt().parseInline(written)
        (link,) = [token for token in line.children or () if token.type == "link_open"]
        # Older versions write the brackets of an IPv6 address as %5B and %5D.
        assert unquote(str(link.attrs["href"])) == unquote(f"{web}/project/acme/us/1")


# --- the way to the server ---


def test_proxy_certificates_and_headers_are_the_users_own(tmp_path: Path) -> None:
    user = _load_user(
        tmp_path,
        """
        api = "https://taiga.example/api/v1"
        proxy = "http://user:pa55@proxy:3128"
        ca_file = "company.pem"
        [headers]
        CF-Access-Client-Id = "abc.access"
        CF-Access-Client-Secret_command = "pass show 'cf secret'"
        """,
    )
    assert user.proxy == "http://user:pa55@proxy:3128"
    assert user.ca_file == user.file.absolute().parent / "company.pem"
    assert user.headers == {"CF-Access-Client-Id": "abc.access"}
    assert user.header_commands == {"CF-Access-Client-Secret": ("pass", "show", "cf secret")}
    assert not [part for part in ("pa55", "abc.access", "cf secret") if part in repr(user)]


def test_a_table_that_is_being_read_shows_no_value() -> None:
    taken = {"password": ("TAIGA_NOTES_PASSWORD", "pa55")}
    shown = repr(
        toml_reader.TomlTable(
            {"webhook_key": "pa55"}, Path("c.toml"), 'key = "pa55"', instead=taken
        )
    )
    assert "c.toml" in shown
    assert "pa55" not in shown


@each(
    ("text", "message"),
    [
        ("Authorization = 'x'", "'Authorization' is no header that can be set"),
        ("host_command = 'x'", "'host_command' is no header that can be set"),
        ("'X Y' = 'x'", "'X Y' is no header that can be set"),
        ("'X:' = 'x'", "'X:' is no header that can be set"),
        ("X = 3", "`headers.X` must be a text in quotes, on one line"),
        ("X = 'ü'", "`headers.X` must be a text in quotes, of ASCII letters"),
        ('X = "a\\u0007"', "`headers.X` must be a text in quotes, of ASCII letters"),
        ("X = ' a'", "`headers.X` must be a text in quotes, of ASCII letters"),
        ("X_command = []", "`headers.X_command` must be a command"),
    ],
)
def test_a_header_that_can_not_be_sent_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        _load_user(tmp_path, f"[headers]\n{text}")


@pytest.mark.parametrize("named", ["https://other.example/api/v1", "nonsense"])
def test_headers_stay_with_the_server_that_their_file_names(tmp_path: Path, named: str) -> None:
    text = f"api = '{named}'\n[headers]\nX = 'secret'\nY_command = 'z'"
    api = "https://taiga.example/api/v1"
    user = _load_user(tmp_path, text, TAIGA_NOTES_API=api)
    assert (user.headers, user.header_commands) == ({}, {})
    user = _load_user(tmp_path, "[headers]\nX = 'secret'", TAIGA_NOTES_API=api)
    assert user.headers == {"X": "secret"}


@pytest.mark.parametrize("key", ["proxy = 'x'", "ca_file = 'x'", "[headers]\nX = 'x'"])
def test_a_vault_sets_none_of_them(vault: Path, env: dict[str, str], key: str) -> None:
    (vault / "taiga-notes.toml").write_text(key)
    with pytest.raises(ConfigError, match="does not belong here"):
        load(vault, env)


# --- which vaults the user trusts ---


def test_a_vault_is_trusted_by_whatever_path_or_link_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    notes = tmp_path / "data" / "notes"
    notes.mkdir(parents=True)
    (tmp_path / "notes").symlink_to(notes)
    user = _load_user(tmp_path, 'trust = ["~/notes", "~/gone"]')
    assert config.is_trusted(notes, user.trust)
    assert config.is_trusted(tmp_path / "notes", user.trust)
    assert config.is_trusted(notes / ".." / "notes", user.trust)


def test_no_other_vault_is_trusted_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    notes = tmp_path / "notes"
    for folder in ("inside", "../notes2", ".."):
        (notes / folder).mkdir(parents=True, exist_ok=True)
    user = _load_user(tmp_path, 'trust = ["~/notes"]')
    for folder in ("inside", "../notes2", ".."):
        assert not config.is_trusted(notes / folder, user.trust)
    assert not config.is_trusted(notes, _load_user(tmp_path, "").trust)


def test_a_vault_says_what_ticks_mean(vault: Path, env: dict[str, str]) -> None:
    said = _load(vault, env, "[push]\ndone = ['Done', 'Closed']\nreopen = 'New'").push
    assert (said.done, said.reopen) == (("Done", "Closed"), ("New",))
    assert _load(vault, env, "").push == config.PushStatuses()


def test_only_a_trusted_vault_has_taiga_asked_for_more_than_the_user_allows(
    tmp_path: Path, vault: Path
) -> None:
    file = tmp_path / "mine.toml"
    env = {"HOME": str(tmp_path), "TAIGA_NOTES_CONFIG": str(file)}
    for trust, user, own, most in [
        ([], "", "", 500),
        ([], "max_details = 50", "", 50),
        ([], "", "max_details = 20", 20),
        ([], "", "max_details = 900", 500),
        ([str(vault)], "", "max_details = 900", 900),
        ([str(vault)], "max_details = 0", "max_details = 20", 20),
    ]:
        file.write_text(f"trust = {trust}\n{user}\n")
        (vault / VAULT_FILE).write_text(f"{own}\n")
        assert load(vault, env).max_details == most, (trust, user, own)


def test_a_vault_cannot_trust_itself(vault: Path, env: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="`trust` does not belong here"):
        _load(vault, env, f'trust = ["{vault}"]')


# --- other servers ---


WORK = '[servers.work]\napi = "https://taiga.work.example/api/v1"\n'


def test_a_server_has_all_that_the_top_level_has(tmp_path: Path) -> None:
    user = _load_user(
        tmp_path,
        'username = "ann"\nmax_wait = "1s"\ntimeout = "9s"\nanonymous = true\nproxy = "http://p"\n'
        f'{WORK}username = "ann.lee"\npassword_command = "pass work"\nca_file = "work.pem"\n'
        'timeout = "5s"\nwebhook_key = "12345678"\n[servers.work.headers]\nX-Gate = "g"\n'
        '[servers.other]\napi = "https://other.example/taiga/api/v1"\n',
    )
    work, other = user.servers["work"], user.servers["other"]
    assert (work.server, work.api, work.username) == (
        "work",
        "https://taiga.work.example/api/v1",
        "ann.lee",
    )
    assert work.password_command == ("pass", "work")
    assert (work.ca_file, dict(work.headers)) == (tmp_path / "work.pem", {"X-Gate": "g"})
    assert (work.web, other.web) == ("https://taiga.work.example", "https://other.example/taiga")
    # How servers are asked means all; whose account, which way and with what secrets means one.
    assert (work.max_wait, work.timeout, other.timeout) == (1.0, 5.0, 9.0)
    assert (other.username, other.anonymous, other.proxy, dict(other.headers)) == (
        *(None, False, None),
        {},
    )


def test_what_is_given_for_one_server_is_not_sent_to_another(tmp_path: Path) -> None:
    env = {f"TAIGA_NOTES_{name}": "usual" for name in ("USERNAME", "PASSWORD", "TOKEN")}
    user = _load_user(tmp_path, WORK, TAIGA_NOTES_API="https://one.example/api/v1", **env)
    work = user.servers["work"]
    assert (work.username, work.password, work.token) == (None, None, None)
    assert work.api == "https://taiga.work.example/api/v1"
    own = {f"{name}_WORK": "own" for name in env}
    work = _load_user(tmp_path, WORK, **env, **own).servers["work"]
    assert (work.username, work.password, work.token) == ("own", "own", "own")
    assert work.variable("password") == "TAIGA_NOTES_PASSWORD_WORK"


@each(
    ("text", "message"),
    [
        ("[servers.work]\nusername = 'a'", "line 1: the server 'work' has no `api`"),
        ("servers = {work = {}}", "mine.toml: the server 'work' has no `api`"),
        ('[servers."my work"]\napi = "https://a.example"', "can't be a server's name"),
        ("[servers.tasks]\napi = 'https://a.example'", "'tasks' can't be a server's name"),
        ("servers = 1", "`servers` must be a table"),
        ("[servers]\nwork = 'https://a.example'", "`servers.work` must be a table"),
        (f"api = 'https://a.example'\n{WORK}apo = 1", "line 4: unknown key 'servers.work.apo'"),
        (f"timeout = '1s'\n{WORK}timeout = 'x'", "line 4: `servers.work.timeout` must be"),
        (f"{WORK}password = 'x'", "line 3: `password` is never kept in a file"),
        (f"{WORK}trust = []", "`trust` does not belong here (it means all servers"),
        (f"{WORK}project = 'x'", "`project` does not belong here (it is a vault's"),
    ],
)
def test_mistakes_in_servers_are_told_with_their_place(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ConfigError) as error:
        _load_user(tmp_path, text)
    assert message in str(error.value)


def test_a_vault_names_no_server_of_its_own(vault: Path, env: dict[str, str]) -> None:
    for text in (WORK, "server = 'work'"):
        with pytest.raises(ConfigError, match="does not belong here"):
            _load(vault, env, text)


def test_a_server_that_is_not_there_is_told_with_the_nearest(tmp_path: Path, vault: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f'web = "https://front.example"\n{WORK}')
    env = {"HOME": str(tmp_path), "TAIGA_NOTES_CONFIG": str(file)}
    with pytest.raises(ConfigError, match=r"no server 'wrok'.*did you mean 'work'"):
        load_user(env, "wrok")
    (vault / VAULT_FILE).write_text('web = "https://links.example"\n')
    settings = load(vault, env)
    with pytest.raises(UnknownServerError, match="no server 'wrok'"):
        settings.at("wrok")
    with pytest.raises(UntrustedError, match="the server 'work'"):
        settings.at("work")
    file.write_text(f'trust = ["{vault}"]\n{WORK}')
    settings = load(vault, env)
    work = settings.at("work")
    assert settings.at("") is settings
    assert (work.user.server, work.web) == ("work", "https://taiga.work.example")
    assert work.at("work") is work
    assert load(vault, env, "work") == work
    file.write_text("")
    with pytest.raises(UnknownServerError, match="login --server work --api URL"):
        load(vault, env).at("work")
