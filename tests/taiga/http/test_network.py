"""The way to a server: how long an answer may take, proxies, certificates. On real sockets."""

from __future__ import annotations

import datetime as dt
import os
import re
import socket
import ssl
import subprocess
import sys
import urllib.request
import warnings
from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import certifi
import pytest
import trustme
import truststore
from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.config.settings import UserConfig
from taiga_notes.errors import ConfigError, LoginError, UnreachableError
from taiga_notes.taiga.auth.credentials import Anonymous
from taiga_notes.taiga.http import certificates, proxies
from taiga_notes.taiga.http.client import Client
from taiga_notes.taiga.http.known_answers import AskedAgain
from taiga_notes.taiga.http.network import Network
from taiga_notes.taiga.http.proxies import is_exempt, proxy_for, read_proxy
from taiga_notes.taiga.http.requests import Backoff
from taiga_notes.taiga.http.transport import LONGEST, Deadline
from tests.tables import each
from tests.taiga.scripted import Time
from tests.wire import Wire, answering, connect_proxy, dead_port, socks_proxy, trickling, wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OK = answering(200, [1])
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def client(
    api: str,
    *,
    timeout: float = 30.0,
    env: dict[str, str] | None = None,
    backoff: Backoff | None = None,
    **how: Any,
) -> Client:
    network = Network(api, env=env or {}, **how)
    backoff = backoff or Backoff(0.0)
    return Client(api, Anonymous(), timeout=timeout, backoff=backoff, network=network)


def told(api: str, **how: Any) -> UnreachableError:
    with client(api, **how) as it, pytest.raises(UnreachableError) as caught:
        it.get("/x")
    return caught.value


# --- an answer has a deadline as a whole ---


@each(
    ("first", "again"),
    [
        (b"HTTP/1.1 200 OK\r\nX: ", b"y"),
        (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"),
        (HEAD + b"Content-Length: 1000000\r\n\r\n[", b" "),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n", b"1\r\n \r\n"),
        (HEAD + b"Connection: close\r\n\r\n[", b" "),
        (b"HTTP/1.1 401 X\r\nContent-Length: 100000\r\n\r\n", b"x"),
    ],
    ids=["head", "102", "103", "length", "chunked", "close", "refusal"],
)
def test_a_server_that_trickles_is_given_up(first: bytes, again: bytes) -> None:
    with wire(trickling(first, again)) as server:
        error = told(server.url(), timeout=0.4)
    assert "the answer to /x was not there after" in error.message
    assert len(server.heads) == 1


def test_a_listing_that_trickles_is_given_up() -> None:
    with (
        wire(trickling(HEAD + b"\r\n[", b" ")) as server,
        client(server.url(), timeout=0.3) as it,
        pytest.raises(UnreachableError, match="was not there after"),
    ):
        it.listing("/userstories")
    assert len(server.heads) == 2


def test_an_answer_that_is_long_but_comes_steadily_is_read_whole() -> None:
    row = b"," + b"1" * 9 + b" " * 20_000
    time = Time()

    def handle(server: Wire, connection: socket.socket, _head: bytes) -> None:
        connection.sendall(HEAD + b"\r\n[0")
        for number in range(1, 25):
            connection.sendall(row)
            while it._deadline._bytes < number * len(row) and not server.over.wait(0.01):
                pass
            time.sleep(4.0)
        connection.sendall(b"]")

    # Takes 96 s where 60 s are given to a short answer: 480 kB are worth 117 s more.
    with wire(handle) as server, client(server.url(), backoff=time.backoff()) as it:
        data = it.get("/x").data
    assert isinstance(data, list)
    assert len(data) == 25
    assert time.now == 96.0


def test_a_long_deadline_has_an_end() -> None:
    now = [0.0]
    deadline = Deadline(10.0, lambda: now[0])
    deadline.begin()
    assert deadline.left == 10.0
    deadline.received(2**40)
    assert deadline.left == LONGEST
    now[0] = LONGEST + 1
    assert deadline.left == -1


# --- proxies: what is read ---


@each(
    ("env", "url", "expected"),
    [
        ({}, "https://t.example", None),
        ({"HTTPS_PROXY": "http://p:3128"}, "https://t.example", "http://p:3128 HTTPS_PROXY"),
        (
            {"https_proxy": "p:1", "HTTPS_PROXY": "q:2"},
            "https://t.example",
            "http://p:1 https_proxy",
        ),
        ({"https_proxy": "", "HTTPS_PROXY": "q:2"}, "https://t.example", None),
        ({"HTTPS_PROXY": "p:1"}, "http://t.example", None),
        ({"HTTP_PROXY": "p"}, "http://t.example", "http://p:80 HTTP_PROXY"),
        ({"HTTP_PROXY": "p", "REQUEST_METHOD": "GET"}, "http://t.example", None),
        ({"ALL_PROXY": "socks5://p"}, "http://t.example", "socks5://p:1080 ALL_PROXY"),
        ({"HTTP_PROXY": "http://p:9/ignored/@/x"}, "http://t.example", "http://p:9 HTTP_PROXY"),
        ({"ALL_PROXY": "socks://p:9/"}, "https://t.example", "socks5://p:9 ALL_PROXY"),
        ({"all_proxy": "SOCKS5H://p:9"}, "https://t.example", "socks5://p:9 all_proxy"),
        ({"HTTPS_PROXY": "https://u:p%40@[::1]:8"}, "https://t.x", "https://[::1]:8 HTTPS_PROXY"),
        ({"HTTPS_PROXY": "p:1", "NO_PROXY": "localhost,::1/128"}, "https://localhost/api", None),
        ({"HTTPS_PROXY": "p:1", "NO_PROXY": "localhost,::1/128"}, "https://[::1]:8/api", None),
        (
            {"HTTPS_PROXY": "p:1", "no_proxy": "", "NO_PROXY": "*"},
            "https://t",
            "http://p:1 HTTPS_PROXY",
        ),
    ],
)
def test_the_environment_names_the_proxy(
    env: dict[str, str], url: str, expected: str | None
) -> None:
    found = proxy_for(url, None, env)
    assert (f"{found.url} {found.named_by}" if found else None) == expected


def test_a_setting_counts_before_the_environment() -> None:
    env = {"HTTPS_PROXY": "p:1", "NO_PROXY": "*"}
    assert str(proxy_for("https://t", "q:2", env)) == "the proxy http://q:2 of `proxy`"
    assert proxy_for("https://t", "none", {"HTTPS_PROXY": "p:1"}) is None


def test_a_proxys_password_is_decoded_and_not_shown() -> None:
    proxy = read_proxy("http://us%40er:pa%3Ass@p:3128", "HTTPS_PROXY")
    assert proxy.auth == ("us@er", "pa:ss")
    assert read_proxy("http://p:3128/a/@", "HTTPS_PROXY").auth is None
    assert "pa" not in f"{proxy}{proxy!r}".replace("proxy", "")


@each(
    ("listed", "host", "port"),
    [
        *(("*", "any", 1), ("localhost,::1/128", "::1", 443), (" a , T.example ", "t.example", 1)),
        *((".example.org", "a.example.org", 1), ("example.org", "a.b.example.org", 1)),
        *(("*.example.org", "a.example.org", 1), ("example.org", "example.org", 1)),
        *(("10.0.0.0/8", "10.2.3.4", 1), ("10.2.3.4", "10.2.3.4", 1), ("fd00::/8", "fd12::1", 1)),
        *(
            ("t.example:8080", "t.example", 8080),
            ("[::1]:8", "::1", 8),
            ("[fd00::1]", "fd00::1", 1),
        ),
        *(("127.0.0.1:9", "127.0.0.1", 9), ("http://t.example", "t.example", 80)),
        *(("a b", "b", 1), ("t.example.", "t.example", 1), ("10.0.0.1/24", "10.0.0.9", 1)),
    ],
)
def test_no_proxy_exempts(listed: str, host: str, port: int) -> None:
    assert is_exempt(host, port, listed)


@each(
    ("listed", "host", "port"),
    [
        *(("", "t", 1), (",, ,", "t", 1), ("example.org", "badexample.org", 1), ("[", "t", 1)),
        *(("t.example:8080", "t.example", 443), ("10.0.0.0/8", "11.0.0.1", 1)),
        *(("10.0.0.0/8", "t.example", 1), ("::1/128", "127.0.0.1", 1), ("a:b:c", "a", 1)),
        *(("http://", "t", 1), ("10.0.0.0/99", "10.0.0.1", 1), (".", "t", 1), ("*.", "t", 1)),
    ],
)
def test_no_proxy_exempts_nothing_else(listed: str, host: str, port: int) -> None:
    assert not is_exempt(host, port, listed)


@given(listed=st.text(max_size=60), host=st.text(max_size=20))
def test_whatever_no_proxy_says_no_command_ends(listed: str, host: str) -> None:
    assert is_exempt(host, 443, listed) in {True, False}


@each(
    "text",
    [
        *("nonsense://u:pa55word@proxy", "http://", "http://u:pa55word@", "p:99999", "a b", "p:0"),
        *("socks4://p", "http://p:x/path", "http://u:pa55word@p:x", "http://p?x", "ü://p"),
    ],
)
def test_what_is_no_proxy_is_named_without_its_password(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        proxy_for("https://t", text, {})
    by_variable = _unusable({"ALL_PROXY": text})
    for name, error in (("ALL_PROXY", by_variable), ("`proxy`", caught.value)):
        assert error.message.startswith(f"{name} is no address of a proxy: ")
        assert "pa55word" not in f"{error}{error!r}"


def _unusable(env: dict[str, str]) -> ConfigError:
    with pytest.raises(ConfigError) as caught, client("https://t.example", env=env) as it:
        it.get("/x")
    return caught.value


def test_without_its_library_a_socks_proxy_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "find_spec", lambda _name: None)
    error = _unusable({"ALL_PROXY": "socks5://p:1080"})
    assert str(error) == (
        "ALL_PROXY names a SOCKS proxy, which needs the extra `socks` (pip install 'httpx[socks]')"
    )


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_what_the_system_has_set_counts_last(
    platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(urllib.request, "getproxies", lambda: {"https": "http://p:1"})
    monkeypatch.setattr(urllib.request, "proxy_bypass", lambda host: host == "near")
    found = proxy_for("https://far", None, {})
    assert str(found) == "the proxy http://p:1 of the system's settings"
    assert proxy_for("https://near", None, {}) is None


# --- proxies: what is sent ---


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


def serving(cert: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    cert.configure_cert(context)
    return context


@pytest.fixture(scope="module")
def secure(authority: trustme.CA) -> Iterator[Wire]:
    with wire(OK, serving(authority.issue_cert("127.0.0.1", "localhost"))) as server:
        yield server


@each(
    ("variable", "scheme", "proxy"),
    [
        ("HTTP_PROXY", "http", connect_proxy),
        ("https_proxy", "https", connect_proxy),
        ("ALL_PROXY", "https", connect_proxy),
        ("all_proxy", "http", socks_proxy),
        ("ALL_PROXY", "https", socks_proxy),
        ("`proxy`", "https", connect_proxy),
    ],
)
def test_requests_go_through_the_proxy(
    secure: Wire, ca_file: Path, variable: str, scheme: str, proxy: Any
) -> None:
    kind = "socks5" if proxy is socks_proxy else "http"
    with wire(OK) as plain, wire(proxy) as between:
        server = secure if scheme == "https" else plain
        named = f"{kind}://{between.host}"
        how: dict[str, Any] = (
            {"proxy": named} if variable == "`proxy`" else {"env": {variable: named}}
        )
        with client(server.url(scheme), ca_file=ca_file, **how) as it:
            assert it.get("/x").data == [1]
        assert between.connections == 1
        # Exempt, it is not asked; a setting is the user's own word.
        with client(
            server.url(scheme), ca_file=ca_file, env={variable: named, "NO_PROXY": "127.0.0.0/8"}
        ) as it:
            assert it.get("/x").data == [1]
        assert between.connections == 1


def test_a_proxy_behind_tls_is_spoken_to_in_tls(authority: trustme.CA, ca_file: Path) -> None:
    context = serving(authority.issue_cert("127.0.0.1"))
    with wire(OK) as server, wire(connect_proxy, context) as between:
        with client(server.url(), proxy=f"https://{between.host}", ca_file=ca_file) as it:
            assert it.get("/x").data == [1]
        assert between.heads[0].startswith(b"GET http://127.0.0.1:")


def test_a_proxys_user_and_password_are_sent_to_it_alone(secure: Wire, ca_file: Path) -> None:
    secure.heads.clear()
    with wire(connect_proxy) as between:
        proxy = f"http://user:pa55@{between.host}"
        with client(secure.url("https"), proxy=proxy, ca_file=ca_file) as it:
            it.get("/x")
        assert b"Proxy-Authorization: Basic dXNlcjpwYTU1" in between.heads[0]
    assert b"roxy-" not in secure.heads[0]


@each("login", ["us%C3%A9r:pässwörd", "us%E9r:p%FF", "u\udce9r:p", "u:%F0%9F%94%91"])
@each("kind", ["http", "socks5"])
def test_a_proxys_password_may_be_of_any_letters(kind: str, login: str) -> None:
    sent: list[bytes] = []

    def handle(_server: Wire, connection: socket.socket, head: bytes) -> None:
        sent.append(head)
        connection.sendall(b"\x05\x02" if kind == "socks5" else b"HTTP/1.1 403 No\r\n\r\n")
        sent.append(connection.recv(1000))

    with wire(handle) as between:
        told("https://taiga.example", env={"ALL_PROXY": f"{kind}://{login}@{between.host}"})
    user, _, password = (unquote_to_bytes(os.fsencode(part)) for part in login.partition(":"))
    if kind == "http":
        assert b64encode(user + b":" + password) in sent[0]
    else:
        assert user in sent[1]
        assert password in sent[1]


@each("host", ["a..b", "a" * 64 + ".example", "ü" * 60, "[::1"])
def test_what_no_host_is_called_is_no_proxy(host: str) -> None:
    with pytest.raises(ConfigError, match=r"^HTTPS_PROXY is no address of a proxy: "):
        proxy_for("https://taiga.example", None, {"HTTPS_PROXY": f"http://{host}:3128"})


def test_a_proxy_may_be_called_by_any_letters() -> None:
    named = proxy_for("https://taiga.example", None, {"HTTPS_PROXY": "http://prøxy.example:1"})
    assert str(named) == "the proxy http://xn--prxy-hra.example:1 of HTTPS_PROXY"


def test_what_no_host_is_called_is_told_as_one_that_is_not_there() -> None:
    error = told(f"https://{'a' * 64}.example/api/v1")
    assert "can't be reached: " in error.message
    assert "is `api` right?" in error.hint


def echoing(_server: Wire, connection: socket.socket, head: bytes) -> None:
    """Repeats what it was sent, wherever that can be."""
    status, _, start = head.split(b" ", 2)[1].rpartition(b"/")
    told = re.search(rb"Proxy-Authorization: Basic (.*?)\r", head, re.DOTALL)
    said = b"pa55 " + (told[1] if told else b"")
    if start.startswith(b"garbage"):
        connection.sendall(said + b"\r\n\r\n")
        return
    number = start[:3] if start[:3].isdigit() else b"502"
    page = b"<title>" + said + b"</title>" + status
    where = b"\r\nLocation: http://portal/" + said.replace(b" ", b"")
    connection.sendall(b"HTTP/1.1 " + number + b" " + said + where + b"\r\n\r\n" + page)


@each("path", ["/200", "/302", "/403", "/500", "/502", "/garbage"])
@each("scheme", ["http", "https"])
def test_what_a_proxy_repeats_of_the_password_is_not_shown(scheme: str, path: str) -> None:
    with wire(echoing) as between:
        proxy = {"ALL_PROXY": f"http://user:pa55@{between.host}"}
        with (
            client(f"{scheme}://taiga.example", env=proxy) as it,
            pytest.raises(UnreachableError) as caught,
        ):
            it.get(path)
    assert "…" in str(caught.value)
    assert "pa55" not in str(caught.value)
    assert "dXNlcjpwYTU1" not in str(caught.value)


@each("status", [403, 404, 502, 503])
def test_a_page_that_may_be_the_proxys_is_told_with_it(status: int) -> None:
    with wire(answering(status, {"title": "Squid"})) as between:
        error = told("http://taiga.example/api/v1", env={"HTTP_PROXY": between.host})
    way = f"answered {status} to /x (by way of the proxy http://{between.host} of HTTP_PROXY)"
    assert way in error.message
    assert error.hint


@pytest.mark.parametrize("kind", ["http", "socks5"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_dead_proxy_is_named_with_its_variable(kind: str, scheme: str) -> None:
    with dead_port() as port:
        error = told(
            f"{scheme}://taiga.example/api/v1",
            env={"ALL_PROXY": f"{kind}://user:pa55@127.0.0.1:{port}"},
        )
    named = f"the proxy {kind}://127.0.0.1:{port} of ALL_PROXY can't be reached: "
    assert error.message.startswith(named)
    assert "NO_PROXY" in error.hint


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n", "wants a user and a password"),
        (b"HTTP/1.1 403 Forbidden\r\n", "does not connect to taiga.example: 403"),
        (b"HTTP/1.1 502 Bad Gateway\r\n", "does not connect to taiga.example: 502"),
    ],
)
def test_a_proxy_that_refuses_is_told_of(answer: bytes, said: str) -> None:
    def handle(_server: Wire, connection: socket.socket, _head: bytes) -> None:
        connection.sendall(answer + b"Content-Length: 0\r\n\r\n")

    with wire(handle) as between:
        proxy = {"HTTPS_PROXY": f"http://{between.host}"}
        error = told("https://taiga.example/api/v1", env=proxy)
        assert f"the proxy http://{between.host} of HTTPS_PROXY {said}" in error.message
        if b"407" in answer:
            error = told("http://taiga.example/api/v1", env={"HTTP_PROXY": between.host})
            assert said in error.message


@each("greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x05\xff", b"\x05\x00", b"", b"\x00" * 9])
def test_what_speaks_no_socks_is_told_of(greeting: bytes) -> None:
    def handle(_server: Wire, connection: socket.socket, _head: bytes) -> None:
        connection.sendall(greeting)

    with wire(handle) as between:
        error = told("http://taiga.example/api/v1", env={"ALL_PROXY": f"socks5://{between.host}"})
    assert error.hint or "broke" in error.message


@each("kind", ["http", "socks5"])
@each("scheme", ["http", "https"])
@each("answer", [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"\xff" * 9])
def test_something_else_at_a_proxys_address_is_told_with_it(
    kind: str, scheme: str, answer: bytes
) -> None:
    def handle(_server: Wire, connection: socket.socket, _head: bytes) -> None:
        connection.sendall(answer)

    with wire(handle) as between:
        named = f"{kind}://{between.host}"
        error = told(f"{scheme}://taiga.example/api/v1", env={"ALL_PROXY": named})
    assert f"the proxy {named} of ALL_PROXY" in error.message


def test_a_proxy_that_says_nothing_is_told_of() -> None:
    def handle(_server: Wire, connection: socket.socket, _head: bytes) -> None:
        connection.recv(1)

    with wire(handle) as between:
        error = told("http://taiga.example", timeout=0.2, env={"HTTP_PROXY": between.host})
    assert f"(by way of the proxy http://{between.host} of HTTP_PROXY)" in error.message


# --- certificates ---


def test_a_known_authority_is_believed(secure: Wire, ca_file: Path) -> None:
    for how in (
        {"ca_file": ca_file},
        {"env": {"SSL_CERT_FILE": str(ca_file)}},
        {"ca_file": ca_file, "env": {"SSL_CERT_FILE": "/nowhere"}},
    ):
        with client(secure.url("https"), **how) as it:
            assert it.get("/x").data == [1]


def test_what_is_asked_once_more_believes_the_same_authorities(
    secure: Wire, ca_file: Path, tmp_path: Path
) -> None:
    user = UserConfig(tmp_path / "config.toml", api=secure.url("https"), ca_file=ca_file)
    with Client.of(user, Anonymous()) as it:
        it.get("/x")
    known = [*it.statistics.answers]
    assert AskedAgain(user, Anonymous()).is_same(known)
    assert not AskedAgain(replace(user, ca_file=None), Anonymous()).is_same(known)


def test_an_authority_may_be_in_der_or_among_others(
    secure: Wire, ca_file: Path, tmp_path: Path
) -> None:
    pem = ca_file.read_text()
    der, bundle = tmp_path / "ca.cer", tmp_path / "bundle.crt"
    der.write_bytes(ssl.PEM_cert_to_DER_cert(pem))
    bundle.write_text(
        f"# Behörde\n{trustme.CA().cert_pem.bytes().decode()}\n{pem}", encoding="utf-8"
    )
    for file in (der, bundle):
        with client(secure.url("https"), ca_file=file) as it:
            assert it.get("/x").data == [1]


@pytest.mark.programs
def test_a_folder_of_authorities_is_read(
    secure: Wire, ca_file: Path, tmp_path: Path, authority: trustme.CA
) -> None:
    assert authority
    name = _subject_hash(ca_file)
    (tmp_path / f"{name}.0").write_bytes(ca_file.read_bytes())
    with client(secure.url("https"), env={"SSL_CERT_DIR": f"/nowhere:{tmp_path}"}) as it:
        assert it.get("/x").data == [1]


def _subject_hash(file: Path) -> str:
    """The name under which OpenSSL looks for it."""
    command = ["openssl", "x509", "-noout", "-hash", "-in", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_servers_own_certificate_can_be_named(authority: trustme.CA, tmp_path: Path) -> None:
    leaf = authority.issue_cert("127.0.0.1")
    file = tmp_path / "leaf.pem"
    leaf.cert_chain_pems[0].write_to_path(str(file))
    with wire(OK, serving(leaf)) as server, client(server.url("https"), ca_file=file) as it:
        assert it.get("/x").data == [1]


NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


def test_each_certificate_that_is_not_believed_has_its_hint(
    authority: trustme.CA, ca_file: Path
) -> None:
    issue = authority.issue_cert
    # trustme makes leaves valid from 2000 on.
    cases = {
        "shows a certificate that has expired": (issue("127.0.0.1", not_after=NOW - DAY), "renew"),
        "shows a certificate for another name": (issue("other.example"), "has to name 127.0.0.1"),
        "shows a certificate of an authority that is not known here": (
            trustme.CA().issue_cert("127.0.0.1"),
            "`ca_file`",
        ),
    }
    for message, (cert, hint) in cases.items():
        with wire(OK, serving(cert)) as server:
            error = told(server.url("https"), ca_file=ca_file)
            assert error.message.startswith(f"{server.host} {message}")
            assert hint in error.hint
            # It won't be better the next moment.
            assert server.connections == 1


def test_a_certificate_that_signed_itself_has_its_hint(tmp_path: Path) -> None:
    own = trustme.CA()
    file = tmp_path / "own.pem"
    file.write_bytes(own.private_key_pem.bytes() + own.cert_pem.bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with wire(OK, context) as server:
        error = told(server.url("https"))
        assert error.message == f"{server.host} shows a certificate that it signed itself"
        assert "save its certificate and name the file in `ca_file`" in error.hint


def test_plain_http_at_an_https_address_and_the_other_way_round(
    secure: Wire, ca_file: Path
) -> None:
    with wire(OK) as plain:
        error = told(plain.url("https"), ca_file=ca_file)
        assert (
            error.message == f"{plain.host} answers without TLS: it speaks plain http on that port"
        )
        assert f"http://{plain.host}" in error.hint
    error = told(secure.url("http"))
    assert error.hint == f"it speaks TLS: use https://{secure.host} in `api`"


def test_a_web_servers_page_about_that_gives_the_hint_too(authority: trustme.CA) -> None:
    """nginx answers plain http at its https port with a page."""
    context = serving(authority.issue_cert("127.0.0.1"))
    text = b"<title>400 The plain HTTP request was sent to HTTPS port</title>"

    class Either(ssl.SSLContext):
        def wrap_socket(self, sock: Any, **how: Any) -> Any:  # type: ignore[override]
            if sock.recv(1, socket.MSG_PEEK) == b"\x16":
                return context.wrap_socket(sock, **how)
            return sock

    with wire(answering(400, text, "text/html"), Either(ssl.PROTOCOL_TLS_SERVER)) as server:
        error = told(server.url())
    assert error.message.startswith(
        "not Taiga: '400 The plain HTTP request was sent to HTTPS port'"
    )
    assert "use https://" in error.hint


def test_old_tls_has_its_hint(authority: trustme.CA, ca_file: Path) -> None:
    context = serving(authority.issue_cert("127.0.0.1"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with wire(OK, context) as server:
        error = told(server.url("https"), ca_file=ca_file)
        assert error.message.startswith(f"{server.host} speaks only TLS that is too old")
        assert "TLS 1.2" in error.hint


def test_a_server_that_wants_a_certificate_of_ours_has_its_hint(
    authority: trustme.CA, ca_file: Path
) -> None:
    context = serving(authority.issue_cert("127.0.0.1"))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ca_file)
    with wire(OK, context) as server:
        error = told(server.url("https"), ca_file=ca_file)
    assert "client certificate" in error.message


def test_a_port_that_hangs_up_before_tls_has_its_hint() -> None:
    class HangingUp(ssl.SSLContext):
        def wrap_socket(self, sock: Any, **_how: Any) -> Any:  # type: ignore[override]
            sock.recv(65536)
            raise ConnectionAbortedError

    with wire(OK, HangingUp(ssl.PROTOCOL_TLS_SERVER)) as server:
        error = told(server.url("https"))
    assert error.message == f"{server.host} ends the connection before TLS is agreed on"
    assert error.hint


@each(
    ("code", "said"),
    [
        (9, "shows a certificate that is not valid yet"),
        (66, "shows a certificate with a key or signature too weak to be believed"),
        (20, "shows a certificate of an authority that is not known here"),
        (64, "shows a certificate for another name (wrong address)"),
        (23, "shows a certificate that can't be trusted: wrong address"),
    ],
)
def test_openssls_number_tells_what_is_wrong(code: int, said: str) -> None:
    error = ssl.SSLCertVerificationError(1, "x")
    error.verify_code, error.verify_message = code, "wrong address."
    fault = certificates.tls_fault(error, "taiga.example", connecting=True)
    assert fault
    assert fault.what.rstrip(".") == said
    assert fault.hint


@each(
    ("reason", "said"),
    [
        ("TLSV1_UNRECOGNIZED_NAME", "knows no site of that name"),
        ("NO_CIPHERS_AVAILABLE", "speaks only TLS that is too old"),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", "speaks only TLS that is too old"),
        ("HTTP_REQUEST", "answers without TLS"),
        ("SOMETHING_ELSE", "can't agree on TLS: something else"),
        ("", "can't agree on TLS: no reason is told"),
    ],
)
def test_openssls_name_tells_why_tls_failed(reason: str, said: str) -> None:
    error = ssl.SSLError(1, "x")
    error.reason = reason
    fault = certificates.tls_fault(error, "taiga.example", connecting=True)
    assert fault
    assert fault.what.startswith(said)
    assert fault.hint
    # Later it tells of the way, not of the server.
    assert certificates.tls_fault(error, "taiga.example", connecting=False) is None


@pytest.mark.parametrize("named", ["missing", "a folder", "no certificate", "a key", "empty"])
@pytest.mark.parametrize("by", ["`ca_file`", "SSL_CERT_FILE"])
def test_a_file_that_is_no_certificate_is_named(
    tmp_path: Path, authority: trustme.CA, named: str, by: str
) -> None:
    file = tmp_path / "x.pem"
    match named:
        case "a folder":
            file.mkdir()
        case "no certificate":
            file.write_text("hello\n")
        case "a key":
            file.write_bytes(authority.private_key_pem.bytes())
        case "empty":
            file.write_bytes(b"")
    how: dict[str, Any] = {"ca_file": file} if by == "`ca_file`" else {"env": {by: str(file)}}
    with pytest.raises(ConfigError) as caught, client("https://taiga.example", **how) as it:
        it.get("/x")
    assert caught.value.message.startswith(f"{by} names {file}, which ")
    assert caught.value.hint


def test_other_variables_that_lead_nowhere_are_named(tmp_path: Path) -> None:
    for name, value in (
        ("SSL_CERT_DIR", "/nowhere/at/all"),
        ("SSLKEYLOGFILE", "/nowhere/at/all/keys"),
        ("SSLKEYLOGFILE", str(tmp_path)),
    ):
        error = _unusable({name: value})
        assert error.message.startswith(f"{name} names {value}, which ")
        assert error.hint


def test_keys_are_logged_where_that_is_asked_for(
    secure: Wire, ca_file: Path, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    with client(secure.url("https"), ca_file=ca_file, env={"SSLKEYLOGFILE": str(keys)}) as it:
        it.get("/x")
    assert "CLIENT" in keys.read_text()


def test_a_plain_address_needs_no_certificates() -> None:
    env = {"SSL_CERT_FILE": "/nowhere", "SSLKEYLOGFILE": "/nowhere/keys"}
    with wire(OK) as server, client(server.url(), env=env) as it:
        assert it.get("/x").data == [1]


def test_where_nothing_is_named_the_system_is_believed(
    secure: Wire, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(certificates.make_context(None, {}), truststore.SSLContext)
    # A slim container has none: then those that Python's libraries bring along are.
    monkeypatch.setattr(certificates, "_has_store", lambda: False)
    monkeypatch.setattr(certifi, "where", lambda: str(ca_file))
    with client(secure.url("https")) as it:
        assert it.get("/x").data == [1]


# --- headers for a gateway ---


def test_headers_go_to_the_apis_server_and_nowhere_else(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from-a-command\n")
    with wire(OK) as api, wire(OK) as other:
        user = UserConfig(
            tmp_path / "config.toml",
            api=api.url(),
            headers={"X-Gate": "k1"},
            header_commands={"X-Secret": ("cat", str(secret))},
        )
        for at in (None, f"http://{api.host}", f"http://{other.host}"):
            with Client.of(user, Anonymous(), at) as it:
                it.get("/x")
        assert len(api.heads) == 2
        for head in api.heads:
            assert b"X-Gate: k1\r\n" in head
            assert b"X-Secret: from-a-command\r\n" in head
        assert b"X-" not in other.heads[0]


@each("printed", ["kéy", "k\ty", "\x1b[1mk", "кл"])
def test_what_a_command_prints_may_be_no_headers_value(printed: str) -> None:
    network = Network("https://taiga.example", commands={"X-Gate": ("printf", "%s", printed)})
    with pytest.raises(LoginError, match=r"^the X-Gate_command prints what can be no ") as caught:
        network.sent("en")
    assert printed not in str(caught.value)


def test_blanks_around_what_a_command_prints_do_not_count() -> None:
    network = Network("https://taiga.example", commands={"X-Gate": ("echo", " key ")})
    assert network.sent("en")["X-Gate"] == "key"


def test_a_command_that_gives_no_header_is_named(tmp_path: Path) -> None:
    user = UserConfig(tmp_path, header_commands={"X-Gate": ("false",)})
    with Client.of(user, Anonymous()) as it, pytest.raises(LoginError) as caught:
        it.get("/x")
    assert caught.value.message.startswith("the X-Gate_command 'false' failed with status")
