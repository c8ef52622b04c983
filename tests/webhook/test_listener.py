from __future__ import annotations

from pathlib import Path
from socket import create_connection
from typing import TYPE_CHECKING

import pytest

from taiga_notes.config.settings import UserConfig
from taiga_notes.config.toml_reader import Endpoint
from taiga_notes.errors import ConfigError
from taiga_notes.webhook.listener import SELDOM, WebhookListener
from taiga_notes.webhook.signatures import ANY, KeyFile, all_usable_keys, usable_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

FREE = Endpoint("127.0.0.1", 0)


class Desk:
    def __init__(self, folder: Path, address: Endpoint | None = None) -> None:
        self.now = 0.0
        self.listener = WebhookListener(
            address, folder, lambda _delivery: None, lambda _reason: None, clock=lambda: self.now
        )

    def refused(self, **reasons: int) -> list[str]:
        return list(self.listener.take({}, reasons))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.listener.close()


def a_user(webhook: Endpoint | None = FREE, **keys: str) -> UserConfig:
    return UserConfig(Path("config.toml"), webhook=webhook, webhook_keys=keys)


def test_nothing_is_received_where_nobody_asked_for_it(desk: Desk) -> None:
    desk.listener.open(a_user(None))

    assert desk.listener.address == ""


def test_the_address_comes_from_the_flag_or_else_from_the_user(tmp_path: Path) -> None:
    desk = Desk(tmp_path, FREE)
    desk.listener.open(a_user(Endpoint("192.0.2.1", 1), acme="the hook key"))
    assert desk.listener.address.startswith("127.0.0.1:")
    desk.listener.close()
    assert desk.listener.address == ""


def test_new_keys_are_used_at_the_same_address(desk: Desk) -> None:
    desk.listener.open(a_user(acme="the hook key"))
    address = desk.listener.address
    desk.listener.open(a_user(acme="the new key"))

    assert desk.listener.address == address
    assert desk.listener._receiver is not None
    assert desk.listener._receiver.keys == {"acme": "the new key"}


def test_a_new_address_is_listened_on_before_the_old_one_is_given_up(desk: Desk) -> None:
    desk.listener.open(a_user(acme="the hook key"))
    address = desk.listener.address
    with pytest.raises(ConfigError):
        desk.listener.open(a_user(Endpoint("192.0.2.1", 8765), acme="the hook key"))
    assert desk.listener.address == address

    desk.listener.open(a_user(Endpoint("localhost", 0), acme="the hook key"))
    assert desk.listener.address not in {"", address}
    desk.listener.open(a_user(None))
    assert desk.listener.address == ""


def test_settings_that_keep_the_port_are_taken_over(desk: Desk) -> None:
    desk.listener.open(a_user(acme="the hook key"))
    port = int(desk.listener.address.rpartition(":")[2])
    for host, path in (("127.0.0.1", "/hook"), ("", "/hook"), ("127.0.0.1", "")):
        desk.listener.open(a_user(Endpoint(host, port, path), acme="the hook key"))
        assert desk.listener.address.endswith(f":{port}"), (host, path)


def test_where_the_port_is_kept_and_the_host_is_not_ours_the_old_ones_stay(desk: Desk) -> None:
    desk.listener.open(a_user(acme="the hook key"))
    address = desk.listener.address
    port = int(address.rpartition(":")[2])
    for _ in range(2):
        with pytest.raises(ConfigError, match="can't be received at 192"):
            desk.listener.open(a_user(Endpoint("192.0.2.1", port), acme="the hook key"))
        assert desk.listener.address == address
        with create_connection(("127.0.0.1", port)):
            pass


def test_refused_requests_are_told_of_now_and_then(desk: Desk) -> None:
    assert desk.refused(slow=2, unsigned=3) == ["webhook: refused requests: unsigned (3), slow (2)"]
    desk.now = SELDOM - 1
    assert desk.refused(slow=1) == []
    assert desk.refused(slow=1) == []
    desk.now = SELDOM
    assert desk.refused() == ["webhook: refused requests: slow (2)"]
    desk.now = 10 * SELDOM
    assert desk.refused() == []


def test_deliveries_are_summed_up(desk: Desk) -> None:
    for _ in range(2):
        assert list(desk.listener.take({"acme": 500, ANY: 1}, {})) == []

    assert list(desk.listener.summed_up()) == [
        "webhook: 2 deliveries",
        "webhook: 1000 deliveries for acme",
    ]
    assert list(desk.listener.summed_up()) == []


def test_keys_that_we_made_count_less_than_the_users_own(tmp_path: Path) -> None:
    user = UserConfig(Path("x"), webhook_key="any project", webhook_keys={"acme": "acme's own"})
    made = KeyFile(tmp_path, user.api)
    other = KeyFile(tmp_path, "https://elsewhere.example/api/v1")
    keys = [made.provide("acme"), made.provide("other"), other.provide("acme")]

    assert usable_keys(user, tmp_path) == {
        "acme": "acme's own",
        "other": keys[1],
        ANY: "any project",
    }
    assert made.provide("other") == keys[1]
    assert len(set(keys)) == 3
    made.forget("other")
    made.forget("never there")
    assert made.load() == {"acme": keys[0]}
    assert other.load() == {"acme": keys[2]}


def test_another_servers_keys_count_as_its_own(tmp_path: Path) -> None:
    work = UserConfig(
        Path("x"), api="https://w.example", server="work", webhook_keys={"a": "w" * 8}
    )
    user = UserConfig(Path("x"), webhook_keys={"a": "u" * 8}, servers={"work": work})
    kept = KeyFile(tmp_path, work.api).provide("b")

    assert usable_keys(user, tmp_path) == {"a": "u" * 8}
    assert all_usable_keys(user, tmp_path) == {"a": "u" * 8, "work.a": "w" * 8, "work.b": kept}


def test_a_key_that_is_easily_guessed_is_not_used(tmp_path: Path) -> None:
    for user, whose in (
        (a_user(acme="1234567"), "key of acme is too short"),
        (UserConfig(Path("x"), webhook_key="1234567"), "the webhook key is too short"),
    ):
        with pytest.raises(ConfigError, match=f"{whose}: it needs 8"):
            usable_keys(user, tmp_path)
    assert usable_keys(a_user(acme="12345678"), tmp_path) == {"acme": "12345678"}


@pytest.mark.parametrize("text", ["", "[]", '{"api": 1}', "\0"])
def test_a_broken_key_file_is_told_and_kept(tmp_path: Path, text: str) -> None:
    file = tmp_path / "webhook-keys.json"
    file.write_text(text)
    keys = KeyFile(tmp_path, "api")

    for act in (keys.load, lambda: keys.provide("acme")):
        with pytest.raises(ConfigError, match="make the webhooks anew"):
            act()
    assert file.read_text() == text


def test_a_state_folder_that_can_not_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")

    with pytest.raises(ConfigError, match="XDG_STATE_HOME"):
        KeyFile(tmp_path / "state", "api").provide("acme")
