from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.config.toml_reader import Endpoint
from taiga_notes.errors import ConfigError
from taiga_notes.webhook.receiver import Limits, Receiver
from taiga_notes.webhook.refusal import RefusalError
from taiga_notes.webhook.signatures import Delivery, read_delivery
from tests.left_open import in_use
from tests.tables import each

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RECORDED = sorted((Path(__file__).parents[1] / "recordings" / "webhooks").glob("*.body"))
KEYS = {"other": "another key", "lab_owner-lab-hooks": "lab-hook-key"}
NOTHING: Mapping[str, object] = {}
LOCAL = Endpoint("127.0.0.1", 0)


CHUNKED = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"


class Inbox:
    """A running receiver, and what it handed on."""

    def __init__(self, limits: Limits | None = None, address: Endpoint = LOCAL) -> None:
        self.deliveries: list[Delivery] = []
        self.refusals: list[str] = []
        self.receiver = Receiver(
            address, KEYS, self.deliveries.append, refused=self.refusals.append, limits=limits
        )

    def connect(self) -> socket.socket:
        host, _, port = self.receiver.address.rpartition(":")
        return socket.create_connection((host, int(port)), timeout=120)

    def post(
        self, body: bytes, headers: Mapping[str, str], *, method: str = "POST", path: str = "/"
    ) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(self.receiver.address, timeout=120)
        with closing(connection):
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            response.read()
            return response

    def exchange(self, request: bytes) -> bytes:
        """What comes back for these bytes, until the receiver closes."""
        with self.connect() as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(4096), b""))


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    box = Inbox()
    with box.receiver:
        yield box


def signed(body: bytes, key: str = "lab-hook-key") -> dict[str, str]:
    signature = hmac.digest(key.encode(), body, hashlib.sha1).hex()
    return {
        "X-TAIGA-WEBHOOK-SIGNATURE": signature,
        "X-Hub-Signature": f"sha1={signature}",
        "Content-Type": "application/json",
    }


def a_delivery(number: int = 1, also: Mapping[str, object] = NOTHING) -> bytes:
    document = {
        "action": "change",
        "type": "userstory",
        "date": "2026-11-22T04:06:27.997Z",
        "data": {"id": number},
        **also,
    }
    return json.dumps(document).encode()


def recorded_headers(body: Path) -> dict[str, str]:
    headers: dict[str, str] = json.loads(body.with_suffix(".headers.json").read_text())["headers"]
    return headers


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


# What Taiga sends


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda path: path.stem)
def test_every_recorded_delivery_is_accepted_once(inbox: Inbox, recorded: Path) -> None:
    body, headers = recorded.read_bytes(), recorded_headers(recorded)
    test = recorded.stem == "test-test"

    first, again = inbox.post(body, headers), inbox.post(body, headers)

    assert (first.status, again.status) == ((200, 200) if test else (202, 200))
    assert len(inbox.deliveries) == (0 if test else 1)
    assert inbox.refusals == []


@each(
    ("name", "kind", "number"),
    [
        ("userstory-change", "userstories", 11167),
        ("task-create", "tasks", 119),
        ("issue-delete", "issues", 100),
        ("epic-create", "epics", 41),
        ("relateduserstory-delete", "epics", 116),
        ("milestone-change", "milestones", 46),
        ("wikipage-create-2", "wiki", 21),
    ],
)
def test_a_delivery_says_what_to_look_at_and_nothing_else(
    name: str, kind: str, number: int
) -> None:
    recorded = next(path for path in RECORDED if path.stem == name)
    body = recorded.read_bytes()

    delivery = read_delivery(body, lower(recorded_headers(recorded)), KEYS)

    date = json.loads(body)["date"]
    assert delivery == Delivery(("lab_owner-lab-hooks",), kind, number, date)


def test_one_signature_is_enough_but_both_must_be_right() -> None:
    body = a_delivery()
    both = lower(signed(body))
    own, hub = "x-taiga-webhook-signature", "x-hub-signature"

    for name in (own, hub):
        assert read_delivery(body, {name: both[name]}, KEYS).id == 1
    for name in (own, hub):
        with pytest.raises(RefusalError, match="wrong signature"):
            read_delivery(body, both | {name: "sha1=" + "0" * 40}, KEYS)


def test_the_key_tells_the_project_whatever_the_payload_claims() -> None:
    body = a_delivery(also={"data": {"id": 1, "project": {"id": 12}}})

    delivery = read_delivery(body, lower(signed(body, "another key")), KEYS)

    assert delivery.projects == ("other",)


def test_projects_that_share_a_key_are_all_meant() -> None:
    body = a_delivery()

    delivery = read_delivery(body, lower(signed(body, "k")), {"a": "k", "b": "x", "c": "k"})

    assert delivery.projects == ("a", "c")


def test_a_type_that_taiga_may_yet_invent_is_a_hint_as_well() -> None:
    body = a_delivery(also={"type": "swimlane"})

    assert read_delivery(body, lower(signed(body)), KEYS).kind == ""


@each(
    "odd", [{"data": None}, {"data": []}, {"data": {"id": True}}, {"date": 7}, {"date": "9" * 999}]
)
def test_odd_values_under_a_right_signature_are_left_out(odd: dict[str, object]) -> None:
    body = a_delivery(also=odd)

    assert not read_delivery(body, lower(signed(body)), KEYS).replayable


@given(st.binary(max_size=300))
def test_no_bytes_under_a_right_signature_do_more_than_be_refused(body: bytes) -> None:
    try:
        delivery = read_delivery(body, lower(signed(body)), KEYS)
    except RefusalError as refusal:
        assert refusal.status == 400  # noqa: PT017  (either outcome is fine)
    else:
        assert delivery.projects == ("lab_owner-lab-hooks",)


@given(st.binary(max_size=99), st.text(max_size=50), st.text(max_size=50))
def test_only_a_key_of_ours_makes_a_signature(body: bytes, own: str, hub: str) -> None:
    headers = {"x-taiga-webhook-signature": own, "x-hub-signature": hub}

    with pytest.raises(RefusalError):
        read_delivery(body, headers, KEYS)


# What else comes


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (a_delivery(), {}, 401),
        (a_delivery(), signed(a_delivery(), "guessed"), 403),
        (a_delivery(), signed(a_delivery(2)), 403),
        (a_delivery(), {"X-Hub-Signature": "sha256=" + "0" * 64}, 403),
        (a_delivery(), {"X-TAIGA-WEBHOOK-SIGNATURE": ""}, 403),
        (a_delivery(), {"X-TAIGA-WEBHOOK-SIGNATURE": "ÿ"}, 403),
        (b"", signed(b""), 400),
        (b"{", signed(b"{"), 400),
        (b"\xff", signed(b"\xff"), 400),
        (b"[]", signed(b"[]"), 400),
        (b'{"type": 1}', signed(b'{"type": 1}'), 400),
        (b"[" * 100_000, signed(b"[" * 100_000), 400),
        (b"9" * 10_000, signed(b"9" * 10_000), 400),
        (b" " * 600_000, signed(b" " * 600_000), 413),
    ],
    ids=str,
)
def test_what_is_no_delivery_is_refused(
    inbox: Inbox, body: bytes, headers: dict[str, str], status: int
) -> None:
    assert inbox.post(body, headers).status == status
    assert inbox.deliveries == []
    assert len(inbox.refusals) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_another_method_is_told_which_one_is_right(inbox: Inbox, method: str) -> None:
    response = inbox.post(b"", signed(b""), method=method)

    assert (response.status, response.headers["Allow"]) == (405, "POST")
    assert inbox.deliveries == []


def test_nothing_is_received_at_another_path(inbox: Inbox) -> None:
    body = a_delivery()

    assert inbox.post(a_delivery(2), signed(a_delivery(2)), path="/hook").status == 202
    assert inbox.post(body, signed(body), path="/?from=taiga").status == 202


@each(
    ("request_bytes", "status"),
    [
        (b"POST / HTTP/1.1\r\n\r\n", 411),
        (CHUNKED + b"2\r\n{}\r\n0\r\n\r\n", 401),
        (CHUNKED + b"2;x=y\r\n{}\r\n0\r\nX: y\r\n\r\n", 401),
        (CHUNKED + b"2 \r\n{}\r\n000\r\n\r\n", 401),
        (CHUNKED + b"2\r\n{}x\r\n0\r\n\r\n", 400),
        (CHUNKED + b"x\r\n{}\r\n0\r\n\r\n", 400),
        (CHUNKED + b"-2\r\n{}\r\n0\r\n\r\n", 400),
        (CHUNKED + b"+2\r\n{}\r\n0\r\n\r\n", 400),
        (CHUNKED + b"0x2\r\n{}\r\n0\r\n\r\n", 400),
        (CHUNKED + b"\r\n{}\r\n0\r\n\r\n", 400),
        (CHUNKED + b"2\r\n{}\r\n", 400),
        (CHUNKED + b"0\r\n" + b"X: y\r\n" * 99 + b"\r\n", 400),
        (CHUNKED + b"0;" + b"x" * 9_000 + b"\r\n\r\n", 400),
        (CHUNKED + b"0;" + b"x" * 90_000 + b"\r\n\r\n", 400),
        (CHUNKED + b"FFFFFFFF\r\n", 413),
        (CHUNKED + b"FFFFFFFFF\r\n", 400),
        (CHUNKED + b"40000\r\n" + b"x" * 2**18 + b"\r\n40001\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: x\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: x\r\nContent-Length: 2\r\n\r\n{}", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: \xb2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 9_000 + b"\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nContent-Length: " + b"0" * 9_000 + b"\r\n\r\n", 401),
        (b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n{}", 400),
        (b"POST / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\n folded: header\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost : x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\n" + b"A: b\r\n" * 9_000 + b"\r\n", 431),
        (b"POST / HTTP/1.1\r\nA: " + b"b" * 50_000 + b"\r\n\r\n", 431),
        (b"POST /\r\n\r\n", 400),
        (b"POST / HTTP/2.0\r\n\r\n", 400),
        (b"POST http://elsewhere/ HTTP/1.1\r\n\r\n", 411),
        (b"POST ftp://elsewhere/ HTTP/1.1\r\n\r\n", 400),
        (b"POST elsewhere:80 HTTP/1.1\r\n\r\n", 400),
        (b"\x16\x03\x01 some TLS\r\n\r\n", 400),
        (b"\r\n\r\n", 400),
        (b"PO", 400),
    ],
)
def test_malformed_requests_are_refused(inbox: Inbox, request_bytes: bytes, status: int) -> None:
    assert status_of(inbox.exchange(request_bytes)) == status
    assert inbox.deliveries == []


@given(st.binary(max_size=200))
def test_no_bytes_at_all_stop_the_receiver(request_bytes: bytes) -> None:
    with SHARED.connect() as connection:
        connection.sendall(request_bytes)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(4096)
    assert answer == b"" or 400 <= status_of(answer) < 500


def test_a_client_that_only_looks_is_no_refusal(inbox: Inbox) -> None:
    assert inbox.exchange(b"") == b""
    assert inbox.refusals == []


def test_a_client_gets_its_refusal_even_while_it_still_sends(inbox: Inbox) -> None:
    head = b"POST / HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n"

    assert status_of(inbox.exchange(head + b" " * 9_000_000)) == 413


# Bounds


def test_a_client_that_sends_a_byte_at_a_time_is_cut_off_and_holds_nobody_up() -> None:
    box = Inbox(Limits(seconds=0.6))
    body = a_delivery()
    with box.receiver, box.connect() as slow:
        begun = time.monotonic()
        slow.settimeout(0.1)
        answer = b""
        for byte in b"POST / HTTP/1.1\r\nContent-Length: 3000\r\n\r\n":
            slow.send(bytes([byte]))
            if not answer:
                assert box.post(a_delivery(byte), signed(a_delivery(byte))).status in {200, 202}
            try:
                answer += slow.recv(4096)
            except TimeoutError:
                continue
            break

        assert status_of(answer) == 408
        assert time.monotonic() - begun < 60
        assert box.post(body, signed(body)).status == 202
    assert "too slow" in box.refusals


def test_hoarded_connections_do_not_keep_an_honest_sender_out() -> None:
    box = Inbox(Limits(seconds=600, connections=8, grace=0.05))
    body = a_delivery()
    with box.receiver:
        hoard = [box.connect() for _ in range(40)]
        try:
            begun = time.monotonic()
            assert box.post(body, signed(body)).status == 202
            assert time.monotonic() - begun < 300
        finally:
            for connection in hoard:
                connection.close()


@pytest.mark.slow
def test_a_burst_of_a_thousand_is_answered_whole(inbox: Inbox) -> None:
    bodies = [a_delivery(number) for number in range(1000)]

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda body: inbox.post(body, signed(body)).status, bodies))

    assert statuses == [202] * 1000
    assert {delivery.id for delivery in inbox.deliveries} == set(range(1000))


def test_replays_stay_known_over_many_deliveries(inbox: Inbox) -> None:
    # Taiga's `resend` gives the same JSON in another order, under another signature.
    first = a_delivery(1)
    resent = json.dumps(dict(reversed(json.loads(first).items()))).encode()
    assert first != resent

    assert inbox.post(first, signed(first)).status == 202
    for number in range(2, 50):
        inbox.post(a_delivery(number), signed(a_delivery(number)))

    assert inbox.post(resent, signed(resent)).status == 200
    assert len(inbox.deliveries) == 49


def test_leaving_ends_the_thread_and_frees_the_port() -> None:
    before = in_use()
    box = Inbox()
    with box.receiver:
        address = box.receiver.address
        with box.connect():
            pass
        slow = box.connect()
    slow.close()

    host, _, port = address.rpartition(":")
    again = Receiver(Endpoint(host, int(port)), KEYS, box.deliveries.append)
    with again:
        assert again.address == address
    assert not in_use() - before


def test_leaving_closes_every_connection_however_new() -> None:
    before = in_use()
    for number in range(60):
        box = Inbox()
        with box.receiver:
            clients = [box.connect() for _ in range(number % 6)]
        for client in clients:
            client.close()

    # One that the garbage collector has to close is a warning, and that an error.
    assert not in_use() - before


def test_an_address_in_use_is_told_with_a_remedy(inbox: Inbox) -> None:
    host, _, port = inbox.receiver.address.rpartition(":")

    with (
        pytest.raises(ConfigError, match=rf"received at 127\.0\.0\.1:{port}: .*another port"),
        Receiver(Endpoint(host, int(port)), KEYS, inbox.deliveries.append),
    ):
        pass


@pytest.mark.parametrize("keys", [{}, {"acme": ""}])
def test_without_a_key_nothing_is_received(keys: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="webhook add"):
        Receiver(LOCAL, keys, lambda _delivery: None)


def test_keys_change_while_it_runs(inbox: Inbox) -> None:
    body = a_delivery()

    inbox.receiver.keys = {"acme": "new"}

    assert inbox.post(body, signed(body)).status == 403
    assert inbox.post(body, signed(body, "new")).status == 202
    with pytest.raises(ConfigError):
        inbox.receiver.keys = {}
    assert inbox.receiver.keys == {"acme": "new"}


SHARED = Inbox()


@pytest.fixture(autouse=True, scope="module")
def _shared() -> Iterator[None]:
    with SHARED.receiver:
        yield


# How it is set up


@pytest.mark.parametrize("path", ["/", "/hook", "/hook/", "/a/b%20c", "/?x=/y", "//hook"])
def test_any_path_will_do(inbox: Inbox, path: str) -> None:
    body = a_delivery()
    assert inbox.post(body, signed(body), path=path).status == 202


def test_the_path_that_was_given_is_the_only_one() -> None:
    box = Inbox(address=Endpoint("127.0.0.1", 0, "/taiga/hook"))
    body = a_delivery()
    with box.receiver:
        for path in ("/", "/hook", "/taiga", "/taiga/hook/x", "/TAIGA/hook", "//taiga/hook"):
            assert box.post(body, signed(body), path=path).status == 404
        assert box.post(body, signed(body), path="/taiga/hook/?from=taiga").status == 202


@pytest.mark.parametrize("path", ["/taiga/hook", "/taiga/hook/?from=taiga", "/hook", ""])
def test_a_proxy_may_send_the_whole_address(path: str) -> None:
    box = Inbox(address=Endpoint("127.0.0.1", 0, "/taiga/hook"))
    body = a_delivery()
    with box.receiver:
        status = box.post(body, signed(body), path=f"http://notes.example.org:80{path}").status
    assert status == {"": 400, "/hook": 404}.get(path, 202)


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_a_delivery_in_chunks_is_taken(inbox: Inbox, size: int) -> None:
    body = a_delivery()
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    head = [f"{name}: {value}" for name, value in signed(body).items()]
    lines = ["POST /hook HTTP/1.1", "Transfer-Encoding: Chunked", *head, "", ""]
    request = "\r\n".join(lines).encode() + chunks + b"0\r\n\r\n"
    assert status_of(inbox.exchange(request)) == 202
    # A signature of something else is none, whatever the coding.
    assert status_of(inbox.exchange(request.replace(b"SIGNATURE: ", b"SIGNATURE: 0"))) == 403
    assert len(inbox.deliveries) == 1


@given(chunks=st.lists(st.binary(min_size=1, max_size=50), max_size=20), tail=st.binary(max_size=9))
def test_whatever_comes_in_chunks_is_answered(chunks: list[bytes], tail: bytes) -> None:
    box = Inbox()
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in chunks)
    with box.receiver:
        assert status_of(box.exchange(CHUNKED + body + tail)) in {400, 401, 413}


def test_a_port_alone_is_listened_on_at_every_address() -> None:
    box = Inbox(address=Endpoint("", 0))
    body = a_delivery()
    with box.receiver:
        port = int(box.receiver.address.rpartition(":")[2])
        for host in ("127.0.0.1", "::1") if socket.has_dualstack_ipv6() else ("127.0.0.1",):
            with closing(http.client.HTTPConnection(host, port, timeout=10)) as connection:
                connection.request("POST", "/", body, signed(body))
                assert connection.getresponse().status in {200, 202}
