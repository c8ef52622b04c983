"""Nothing in a vault reads a credential, or sends one elsewhere than where it belongs."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from taiga_notes.errors import TaigaNotesError
from taiga_notes.render import Templates, builtin_folder
from tests.attacks.arena import SECRET, STORY, Arena, block
from tests.tables import each

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

INSIDES = ("<class", "<module", "<function", "<bound", "<built-in", "object at 0x", "os.environ")
"""What Python's own objects look like when they are printed."""

ROOTS = [
    "''",
    "1",
    "1.5",
    "true",
    "none",
    "[]",
    "{}",
    "()",
    "rows",
    "row",
    "page",
    "loop",
    "range",
    "dict",
    "cycler",
    "joiner",
    "namespace",
    "cycler(1)",
    "joiner()",
    "namespace(a=1)",
    "m",
    "m()",
    "caller",
    "self",
    "lipsum",
    "config",
    "request",
    "environ",
    "os",
    "imported",
    "range(3)",
    "varargs",
    "kwargs",
    "loop.cycle",
    "loop.changed",
    "(rows | groupby('ref') | first)",
    "('x' | link('https://x.y'))",
    "undefined",
    "rows.append",
    "''.join",
    "''.format",
    "[] | map",
]
STEPS = [
    ".__class__",
    "['__class__']",
    "|attr('__class__')",
    ".__class__.__mro__[1].__subclasses__()",
    ".__init__.__globals__",
    ".__globals__",
    "['__glo' ~ 'bals__']",
    ".__self__",
    ".__dict__",
    ".__func__",
    ".__code__",
    ".gi_frame",
    ".f_globals",
    ".environment",
    ".eval_ctx",
    ".name",
    ".parent",
    ".vars",
    "._environment",
    "._TemplateReference__context",
    ".exported_vars",
    ".__call__()",
    ".__getattribute__('__class__')",
    ".__reduce__()",
    ".__module__",
    ".__doc__",
    "|map('attr', '__class__')|list",
    "|map(attribute='__class__')|list",
    "|selectattr('__class__')|list",
    "|groupby('__class__')|list",
    "|sum(attribute='__class__')",
    "|sort(attribute='__class__.__name__')",
    "|join(attribute='__class__')",
    "|unique(attribute='__class__')|list",
    "|min(attribute='__class__')",
    "|format(1)",
    "|tojson",
    "|string",
    "|pprint",
    "|items|list",
    "|dictsort",
    "|xmlattr",
    "|list",
    ".format(1)",
    ".format_map({})",
    ".keys()",
    ".pop()",
    ".mro()",
    "()",
    "|safe",
    "|raw",
    "|e",
]
FORMATS = [
    "'{0.__class__}'.format(rows)",
    "'{0.__class__}' | format(rows)",
    "'%r' % (range,)",
    "'%r' | format(namespace)",
    "'%s' % m",
    "'%(a)r' | format(a=loop)",
    "'%a' % [[range]]",
    "'{a.__init__.__globals__}'.format_map({'a': cycler})",
    "('%' ~ 'r') % joiner",
    "'%s' % range",
    "range ~ ''",
    "[range] | string",
    "{'a': range} | tojson",
    "[m, loop] | join",
    "(loop,)",
    "(rows | map('attr', '__class__'))",
    "(rows | groupby(range))",
    "rows | map(range) | list",
    "rows | map('map', 'attr', '__class__') | list",
    "rows | select(range) | list",
    "{range: 1}",
    "rows | map('getattr', '__class__') | list",
    "rows | sort(attribute=range)",
    "'x' | replace(range, m)",
]


def harmless(written: str) -> None:
    assert SECRET not in written
    assert not [inside for inside in INSIDES if inside in written], written


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    own: Path = tmp_path_factory.mktemp("templates")
    (own / "part.md.j2").write_text("{% macro z() %}z{% endmacro %}{% set y = 1 %}")
    return Templates([own, builtin_folder()])


@each("root", ROOTS)
def test_no_expression_of_a_template_reaches_python(
    templates: Templates, monkeypatch: pytest.MonkeyPatch, root: str
) -> None:
    monkeypatch.setenv("TAIGA_NOTES_PASSWORD", SECRET)
    further = ("", "|attr('__init__')|attr('__globals__')")
    turn = ROOTS.index(root)
    # Pairwise: each root with a sixth of the steps, each step with a sixth of the roots.
    for number, step in enumerate(["", *STEPS][turn % 6 :: 6], start=turn // 6):
        probe(templates, f"{{{{ {root}{step}{further[number % 2]} }}}}")


@each("expression", FORMATS)
def test_no_format_of_a_template_reaches_python(templates: Templates, expression: str) -> None:
    probe(templates, f"{{{{ {expression} }}}}")
    probe(templates, f"{{% for a in {expression} %}}{{{{ a }}}}{{% endfor %}}")
    probe(templates, f"{{% set a = {expression} %}}{{{{ a | string }}}}{{{{ a.a }}}}")


def probe(templates: Templates, text: str) -> None:
    whole = (
        "{% import 'part' as imported %}{% macro m() %}m{% endmacro %}"
        f"{{% call m() %}}{text}{{% endcall %}}{text}"
    )
    try:
        written = templates.render_each(whole, [STORY], page={"name": "P"})
    except TaigaNotesError as error:
        written = str(error)
    harmless(written)


ESCAPES = [
    "{% import 'os' as os %}",
    "{% include '/etc/passwd' %}",
    "{% include '../taiga-notes.toml' %}",
    "{% include '../../home/config/taiga-notes/config' %}",
    "{% extends '/etc/passwd' %}",
    "{% include ['/etc/passwd', 'links'] %}",
    "{% include rows %}",
    "{% from 'links' import _x %}",
    "{% import 'links' as links %}{{ links.__dict__ }}{{ links._body_stream }}{{ links }}",
    "{% set self = 1 %}{{ self }}",
    "{% set rows = range %}{{ rows }}",
    "{% debug %}",
    "{% do 1 %}",
    "{% set n = namespace(**page) %}{{ n }}",
    "{% set n = namespace() %}{% set n.__class__ = 1 %}{{ n }}",
    "{% set page.x = 1 %}",
    "{% for row.x in rows %}{% endfor %}",
    "{% set loop = 1 %}{{ loop }}",
    "{% trans %}{% endtrans %}",
    "{% filter attr('__class__') %}x{% endfilter %}",
    "{% continue %}",
    "{% call(x) range(3) %}{% endcall %}",
    "{% autoescape true %}{{ rows }}{% endautoescape %}",
]


@each("text", ESCAPES)
def test_no_statement_of_a_template_reaches_out(templates: Templates, text: str) -> None:
    try:
        written = templates.render_each(text, [STORY])
    except TaigaNotesError as error:
        written = str(error)
    harmless(written)
    assert "root:" not in written


QUERIES = [
    "os.getenv('TAIGA_NOTES_PASSWORD')",
    "os.execute('id')",
    "io.open('/etc/passwd')",
    "_G",
    "_ENV",
    "require('os')",
    "dofile('/etc/passwd')",
    "load('return 1')()",
    "loadstring('x')",
    "debug.getinfo(1)",
    "string.dump(print)",
    "getmetatable('').__index",
    "setmetatable({}, {})",
    "rawget(_G, 'os')",
    "getTaigaTasks.__globals__",
    "('').__class__",
    "{}.__class__",
    "string.format('%s', string)",
    "string.__class__",
    "table.__dict__",
    "now.__globals__",
    "me().__class__",
    "page.__class__",
    "me().token",
    "page['__class__']",
    "string.format('{0.__class__}', 1)",
    "tostring(string.rep)",
    "js.window",
    "space.readPage('x')",
    "editor.flashNotification('x')",
    "shell.run('id', {})",
    "http.request('http://127.0.0.1')",
    "syscall('x')",
    "config.get('x')",
    "env.TAIGA_NOTES_PASSWORD",
]


@pytest.mark.parametrize("batch", [QUERIES])
def test_no_query_reaches_out(attacked: Arena, batch: list[str]) -> None:
    for number, query in enumerate(batch):
        attacked.page(f"{number}.md", block(f"from userstories select {query}"))
        attacked.page(f"{number}b.md", f"<!--#lua getTaigaTasks() and {query} -->\n<!--/lua-->\n")
    attacked.render()
    for number in range(len(batch)):
        for name in (f"{number}.md", f"{number}b.md"):
            harmless((attacked.root / name).read_text())
    assert attacked.good()


# Where credentials go.


class Trap(ThreadingHTTPServer):
    """A server that remembers whatever reaches it."""

    daemon_threads = True
    heard: list[str]
    answer: tuple[int, dict[str, str], bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Ear(BaseHTTPRequestHandler):
    server: Trap

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.server.heard.append(f"{self.requestline}\n{self.headers}{self.rfile.read(length)!r}")
        status, headers, body = self.server.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - http.server's name

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def trap(status: int = 200, body: object = (), **headers: str) -> Iterator[Trap]:
    """A server that gives one answer to everything."""
    server = Trap(("127.0.0.1", 0), _Ear)
    server.heard = []
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    server.answer = (status, named, json.dumps(body).encode())
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    "line",
    [
        'api = "{url}/api/v1"',
        'token = "x"\napi = "{url}"',
        'password_command = "touch pwned"',
        'username = "eve"',
        "webhook = '{url}'",
        "[presets]\nopen = \"getTaigaTasks('{url}')\"",
        'web = "{url}"',
        'web = "javascript:alert(1)"',
        "allow_http = true",
        "timeout = 0.1",
        "anonymous = true",
    ],
)
def test_a_vaults_configuration_sends_nothing_and_runs_nothing(attacked: Arena, line: str) -> None:
    with trap() as evil:
        attacked.config('project = "acme"\n' + line.format(url=evil.url))
        attacked.page("Preset.md", block("from presets.open"))
        attacked.run("render")
        attacked.run("doctor")
        attacked.render()
        assert evil.heard == []
    assert not list(attacked.root.parent.rglob("pwned"))


PATHS = [
    "{url}",
    "{url}/userstories",
    "//{host}/userstories",
    "/..//{host}",
    "/../../../{host}/x",
    "\\\\\\\\{host}",
    "/\\\\{host}",
    "@{host}",
    "/@{host}/../x",
    "/userstories@{host}",
    "/%2e%2e/%2e%2e",
    "/userstories/%2e%2e/..",
    "/users\\r\\nHost: {host}",
    "/userstories HTTP/1.1\\r\\nX: y",
    "/userstories?project=1#@{host}",
    "/userstories?x=%0d%0aX:y",
    "/\t/{host}",
    "/;@{host}",
    "http:{host}",
    "/userstories?next={url}",
    "HTTPS://{host}",
    "/%2f%2f{host}",
    "/%5c%5c{host}",
    "/。。/x",
    "/user\u202estories",
    "/auth",
    "/auth/refresh",
    "/users/me",
    "/application-tokens",
    "/webhooks",
    "/exporter/1",
    "/exporter",
    "/%65xporter/1",
    "/webhooks?project=1",
    "/%77ebhooks",
    "/memberships",
    "/user-storage",
    "/invitations",
    "/webhooklogs",
    "/applications",
    "/importers/jira/auth_url",
]


def test_no_path_in_a_query_leads_to_another_host_or_beyond_the_lists(attacked: Arena) -> None:
    with trap() as evil, trap(body=[]) as taiga:
        attacked.program.env["TAIGA_NOTES_API"] = f"{taiga.url}/api/v1"
        for number, path in enumerate(PATHS):
            host = evil.url.removeprefix("http://")
            text = path.format(url=evil.url, host=host)
            attacked.page(f"{number}.md", block(f'from getTaigaTasks("{text}")'))
        attacked.run("render")
        assert evil.heard == []
        asked = {heard.split()[1].partition("?")[0] for heard in taiga.heard}
        assert {heard.split()[0] for heard in taiga.heard} <= {"GET"}
        allowed = {"userstories", "projects", "projects/by_slug", "users/me", "timeline"}
        assert {path.removeprefix("/api/v1/") for path in asked} <= allowed


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_takes_no_credential_along(attacked: Arena, status: int) -> None:
    with trap() as evil, trap(status, Location=f"{evil.url}/api/v1/") as taiga:
        attacked.program.env["TAIGA_NOTES_API"] = f"{taiga.url}/api/v1"
        done = attacked.run("render")
        assert taiga.heard
        assert evil.heard == []
        assert done.status in {4, 5}


def test_the_next_page_is_not_where_the_server_says(attacked: Arena) -> None:
    with trap() as evil:
        headers = {
            "X_Pagination_Next": f"{evil.url}/api/v1/userstories?page=2",
            "X_Paginated": "true",
            "X_Pagination_Count": "5000",
            "Link": f'<{evil.url}/api/v1/userstories?page=2>; rel="next"',
        }
        project = {"id": 1, "slug": "acme", "my_permissions": ["view_us"], "total_milestones": 9}
        with trap(200, project, **headers) as taiga:
            attacked.program.env["TAIGA_NOTES_API"] = f"{taiga.url}/api/v1"
            attacked.run("render")
            attacked.page("Path.md", block("from getTaigaTasks('/userstories?project=1')"))
            taiga.answer = (200, {n.replace("_", "-"): v for n, v in headers.items()}, b"[]")
            attacked.run("render")
            assert taiga.heard
        assert evil.heard == []


def test_a_proxy_or_a_netrc_in_the_vault_counts_for_nothing(attacked: Arena) -> None:
    with trap() as evil, trap(body=[]) as taiga:
        attacked.program.env["TAIGA_NOTES_API"] = f"{taiga.url}/api/v1"
        for name in (".netrc", "_netrc", ".env", "config.toml", ".taiga-notes.toml"):
            attacked.page(
                name, f"api={evil.url}\nhttp_proxy={evil.url}\nmachine 127.0.0.1 login x\n"
            )
        for module in ("httpx", "sitecustomize", "usercustomize", "jinja2", "json", "taiga_notes"):
            attacked.page(f"{module}.py", "open('pwned', 'w').close()\n")
        attacked.run("render")
        assert taiga.heard
        assert evil.heard == []
        assert not (attacked.root / "pwned").exists()
