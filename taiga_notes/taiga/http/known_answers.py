"""Whether Taiga answers as it did: what a run asked that found nothing new, asked once more.

As long as the answers are the same to the byte, bringing the store up to date would end as it did
then. So neither store nor httpx is needed to find out; the connections are those that httpx has
from us, with the same proxy, certificates and deadlines. Whatever is not just what is known, all
trouble included, is left to whoever asks in earnest, through a `Client`: nothing is tried again
here, and nothing told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn
from urllib.parse import unquote, urlsplit
from zlib import crc32

import httpcore

from taiga_notes.errors import UnreachableError
from taiga_notes.taiga.http.network import Network
from taiga_notes.taiga.http.transport import Deadline

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from taiga_notes.config.settings import UserConfig
    from taiga_notes.taiga.http.requests import Auth, FreshAnswers, KnownAnswer
    from taiga_notes.taiga.http.transport import Connections

LARGEST = 64 * 1024
"""Bytes of all answers that it is worth asking for once more."""

MOST = 20
"""Requests that it is worth sending once more."""

PATIENCE = 3.0
"""Seconds: who does not answer by then is asked in earnest."""

_STEPS = ("connect", "read", "write", "pool")
_OK = 200


def known_answer(
    method: str, target: str, headers: Mapping[str, str], body: bytes
) -> KnownAnswer | None:
    """An answer, as it is remembered; None for one that is too large.

    Args:
        method: GET or HEAD.
        target: path and query, as they were sent.
        headers: with lower-case names; those count that tell how long a list is.
        body: unpacked.
    """
    if len(body) > LARGEST:
        return None
    told = sorted(f"{name}: {text}" for name, text in headers.items() if name.startswith("x-pagin"))
    return method, target, len(body), crc32(body, crc32("\n".join(told).encode()))


def worth_asking(answers: Sequence[KnownAnswer], requests: int) -> bool:
    """Whether to ask all of that once more.

    Args:
        answers: those that are known.
        requests: how many were sent: of some, nothing may be known that could be compared.
    """
    is_little = sum(size for _, _, size, _ in answers) <= LARGEST
    return 0 < len(answers) == requests <= MOST and is_little


def line_of(known: KnownAnswer, api: str) -> str:
    """The request in a line, as `ApiRequest.line` has it."""
    method, target, *_ = known
    return f"{method} {unquote(target.removeprefix(urlsplit(api).path))}"


class AskedAgain:
    """Asks once more what is known.

    Args:
        user: says where Taiga is, and how it is reached.
        auth: who asks.

    Attributes:
        fresh: the answers that came, whatever they are: whoever asks in earnest right behind it
            need not ask for them a second time.
    """

    def __init__(self, user: UserConfig, auth: Auth) -> None:
        self._user = user
        self._auth = auth
        self.fresh: FreshAnswers = {}

    def is_same(self, known: Iterable[KnownAnswer]) -> bool:
        """Whether Taiga gives just these answers, now.

        Raises:
            TaigaNotesError: a setting is wrong, or there is no login.
        """
        network = Network.of(self._user, self._user.api)
        headers = self._headers(network)
        deadline = Deadline(PATIENCE)
        connections = network.connections(deadline)
        deadline.begin()
        try:
            return all(self._gives(each, connections, headers) for each in known)
        except Exception:  # noqa: BLE001 - whatever it is, who asks in earnest meets and tells it
            return False
        finally:
            connections.close()

    def _headers(self, network: Network) -> Sequence[tuple[str, str]]:
        authorization = self._auth.authorization(_refuse)
        return [
            *network.sent(self._user.language).items(),
            *([("Authorization", authorization)] if authorization else []),
            # A packed body may differ each time, though what is in it does not.
            ("Accept-Encoding", "identity"),
            ("Host", urlsplit(self._user.api).netloc),
        ]

    def _gives(
        self, known: KnownAnswer, connections: Connections, headers: Sequence[tuple[str, str]]
    ) -> bool:
        method, target, *_ = known
        place, timeout = urlsplit(self._user.api), dict.fromkeys(_STEPS, PATIENCE)
        request = httpcore.Request(
            method,
            f"{place.scheme}://{place.netloc}{target}",
            headers=headers,
            extensions={"timeout": timeout},
        )
        answer = connections.send(request)
        try:
            if answer.status != _OK:
                return False
            body = b""
            for piece in answer.iter_stream():
                body += piece
                if len(body) > LARGEST:
                    return False
        finally:
            answer.close()
        told = {
            name.decode("latin-1").lower(): text.decode("latin-1") for name, text in answer.headers
        }
        if "content-encoding" in told:
            return False
        self.fresh[method, target] = told, body
        return known_answer(method, target, told, body) == tuple(known)


def _refuse(_path: str, _payload: object) -> NoReturn:
    raise UnreachableError("a session is renewed by who asks in earnest")
