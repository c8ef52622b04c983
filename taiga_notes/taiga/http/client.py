"""Taiga's API over HTTP: the only user of httpx.

Import this module only when the network is needed: httpx costs more than everything else together.

    get, post, patch, listing → authorised → persistent (retries) → one exchange → httpx

What comes out is plain data or an error of `taiga_notes.errors`; nothing of httpx leaves here.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

import httpx

from taiga_notes.config.toml_reader import ExpectedError, address
from taiga_notes.errors import (
    ConfigError,
    LoginError,
    RefusedError,
    SourceError,
    ThrottledError,
    UnreachableError,
)
from taiga_notes.system import clock
from taiga_notes.taiga.http import responses
from taiga_notes.taiga.http.httpx_transport import Transport
from taiga_notes.taiga.http.known_answers import known_answer
from taiga_notes.taiga.http.network import Network, speaks_tls
from taiga_notes.taiga.http.pagination import PAGE_ROWS, goes_on, may_be_page, read_pages, rows_of
from taiga_notes.taiga.http.requests import (
    NOTHING,
    ApiRequest,
    ApiResponse,
    Backoff,
    Statistics,
    checked_path,
)
from taiga_notes.taiga.http.responses import (
    NotTaigaError,
    OversizedError,
    SilentError,
    TooSlowError,
    TroubleError,
    UnsentError,
)
from taiga_notes.taiga.http.transport import Deadline

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from taiga_notes.config.settings import UserConfig
    from taiga_notes.taiga.http.proxies import Proxy
    from taiga_notes.taiga.http.requests import Auth, FreshAnswers
    from taiga_notes.taiga.http.strangers import Stranger

ATTEMPTS = 4
"""How often a GET is sent before a server that fails counts as unreachable."""

SILENT_ATTEMPTS = 2
"""How often where nothing answers at all, or somebody else than Taiga: it takes long to find out,
or seldom passes, and the store is at hand."""

AT_ONCE = 4
"""Requests that are under way at the same time, where many wait: as many as a small Taiga has
workers, which answer others meanwhile."""

WHOLE = 2.0
"""How many times `timeout` an answer may take as a whole, besides its length at the least rate."""

UNPAGED_ROWS = 20_000
"""Up to so many rows a list is asked for in one answer. 10,000 stories take Taiga 5 s unpaged and
11 s by pages, but the answer comes at once at the end, and a server kills a request after 30 s."""

MAX_BYTES = 256 * 2**20
"""Of one answer, uncompressed: some 150,000 stories."""

CONNECT_TIMEOUT = 5.0
"""Seconds; a server that is there accepts at once, or at the second packet after 3 s."""


def _checked_api(api: str) -> str:
    try:
        return address(api)
    except ExpectedError as error:
        raise ConfigError(f"the API's address must be {error}") from None


class Client:
    """Taiga's API at one address, as one account.

    Args:
        api: the API's root, such as `https://api.taiga.io/api/v1`. Nothing is ever sent elsewhere:
            redirects and the addresses in `X-Pagination-Next` are not followed.
        auth: gives the `Authorization` of each request, and another after a 401.
        timeout: seconds without a byte after which an answer is given up; as a whole it may take
            `WHOLE` times as long, and longer where it is long.
        max_wait: seconds to wait in all for a throttled or failing server, see `Backoff`.
        max_bytes: of one answer, uncompressed.
        language: of messages, which we repeat and never go by; without one they would come in the
            server's own (TAIGA.md, h).
        network: how the server is reached; by default as the environment has it.
        transport: what carries the requests; None for the network.
        fresh: answers that were given a moment ago, each of which serves once.
        backoff: replaces the one made of `max_wait`, for tests.
        now: this machine's time in Unix seconds, for tests.

    Raises:
        ConfigError: `api` is no address.
    """

    def __init__(
        self,
        api: str,
        auth: Auth,
        *,
        timeout: float = 30.0,
        max_wait: float = 30.0,
        max_bytes: int = MAX_BYTES,
        language: str = "en",
        network: Network | None = None,
        transport: httpx.BaseTransport | None = None,
        fresh: FreshAnswers | None = None,
        backoff: Backoff | None = None,
        now: Callable[[], float] = clock.seconds,
    ) -> None:
        self.api = _checked_api(api)
        self.host = self.api.partition("://")[2].partition("/")[0]
        self.statistics = Statistics()
        self._auth = auth
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._language = language
        self._network = network or Network(self.api)
        self._transport = transport
        self._fresh = fresh or {}
        self._backoff = backoff or Backoff(max_wait)
        self._deadline = Deadline(WHOLE * timeout, self._backoff.clock)
        self._now = now
        self._http: httpx.Client | None = None
        self._is_known = False

    @classmethod
    def of(
        cls,
        user: UserConfig,
        auth: Auth,
        at: str | None = None,
        *,
        fresh: FreshAnswers | None = None,
    ) -> Self:
        """A client as the user's settings have it.

        Args:
            user: see `taiga_notes.config.settings`.
            auth: see above.
            at: the address; by default the API's.
            fresh: see above.

        Raises:
            ConfigError: `at` is none.
        """
        return cls(
            at or user.api,
            auth,
            timeout=user.timeout,
            max_wait=user.max_wait,
            language=user.language,
            network=Network.of(user, at or user.api),
            fresh=fresh,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; a later request opens new ones."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def get(
        self,
        path: str,
        params: Mapping[str, str] = NOTHING,
        headers: Mapping[str, str] = NOTHING,
    ) -> ApiResponse:
        """GET a path below the API's root.

        Args:
            path: such as `/projects/by_slug`: without query, host, `//` or `..`.
            params: the query's names and values, not yet encoded.
            headers: besides those that every request carries.

        Raises:
            UnreachableError: no usable answer, after repetitions within `max_wait`.
            LoginError: Taiga wants other credentials.
            RefusedError: it answered 400, 403, 404 or the like.
            SourceError: the path is none, or the server redirects.
        """
        return self._authorised(ApiRequest("GET", path, params, headers, attempts=ATTEMPTS))

    def head(self, path: str, params: Mapping[str, str] = NOTHING) -> Mapping[str, str]:
        """The headers with which a GET would be answered; asked for once, since it is a luxury.

        Raises:
            SourceError: as `get`.
        """
        return self._authorised(ApiRequest("HEAD", path, params)).headers

    @property
    def proxy(self) -> Proxy | None:
        """The proxy in between.

        Raises:
            ConfigError: what names it is no proxy's address.
        """
        return self._network.proxy

    def look(self, path: str) -> object:
        """What an anonymous GET of a path gives; None where no JSON is there, or nothing.

        It is asked for once: whether it is Taiga that answers is not yet known.

        Raises:
            UnreachableError: nobody answers.
            LoginError: Taiga does, and shows it to an account only.
            SourceError: the server redirects, or the path is none.
        """
        try:
            return self._authorised(ApiRequest("GET", path)).data
        except (SilentError, TooSlowError):
            raise
        except (TroubleError, RefusedError):
            return None

    def stranger(self, path: str) -> Stranger | None:
        """Who answers a GET in Taiga's place; None where that can't be told, or it is Taiga."""
        try:
            self._authorised(ApiRequest("GET", path))
        except TroubleError as error:
            return error.stranger
        except SourceError:
            return None
        return None

    def post(self, path: str, payload: Mapping[str, object]) -> ApiResponse:
        """POST a JSON document; sent again only if the first never left this machine.

        Raises:
            SourceError: as `get`.
        """
        return self._authorised(ApiRequest("POST", path, payload=payload, attempts=ATTEMPTS))

    def patch(self, path: str, payload: Mapping[str, object]) -> ApiResponse:
        """PATCH with a JSON document; sent again as a POST is: who does not know looks first.

        Raises:
            SourceError: as `get`.
        """
        return self._authorised(ApiRequest("PATCH", path, payload=payload, attempts=ATTEMPTS))

    def delete(self, path: str) -> None:
        """DELETE what is at a path; not sent again if it may have arrived.

        Raises:
            SourceError: as `get`.
        """
        self._authorised(ApiRequest("DELETE", path, attempts=ATTEMPTS))

    def together(
        self,
        calls: Sequence[tuple[str, Mapping[str, str]]],
        tell: Callable[[int], None] = lambda _count: None,
    ) -> list[ApiResponse | None]:
        """GETs that are sent at once, `AT_ONCE` at a time, and each but once.

        Args:
            calls: path and parameters of each, as for `get`.
            tell: is told how many have been answered, by one thread at a time.

        Returns:
            The answers, with status 404 for what is not there. None stands for what failed, and
            for what was not sent any more since another had: `get` waits as the server says, and
            tells why.

        Raises:
            LoginError: there are no credentials.
            SourceError: a login was needed and could not be had.
        """
        # Few need it.
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

        queue = _CallQueue(calls, tell)
        authorization = self._auth.authorization(self.post)
        workers = min(AT_ONCE, len(calls))
        with ThreadPoolExecutor(max(workers, 1)) as threads:
            for done in [threads.submit(self._work, queue, authorization) for _ in range(workers)]:
                self.statistics.requests += done.result().requests
                self.statistics.bytes += done.result().bytes
                self.statistics.latest.extend(done.result().latest)
                self.statistics.answers.extend(done.result().answers)
        return queue.replies

    def _work(self, queue: _CallQueue, authorization: str) -> Statistics:
        # The deadline of an answer is a client's own.
        with self._sibling() as client:
            while (at := queue.next()) is not None:
                try:
                    call = ApiRequest("GET", *queue.calls[at])
                    queue.put(at, client._exchange(call, authorization))  # noqa: SLF001  (of its own kind)
                except (SourceError, ConfigError) as error:
                    if isinstance(error, RefusedError) and error.status == HTTPStatus.NOT_FOUND:
                        queue.put(at, ApiResponse(None, {}, error.status))
                    else:
                        queue.end()
            return client.statistics

    def _sibling(self) -> Client:
        """A client of the same server, for one other thread."""
        return Client(
            self.api,
            self._auth,
            timeout=self._timeout,
            max_wait=0,
            max_bytes=self._max_bytes,
            network=self._network,
            transport=self._transport,
            now=self._now,
        )

    def listing(
        self,
        path: str,
        params: Mapping[str, str] = NOTHING,
        *,
        expected: int = 0,
        begun: list[dict[str, object]] | None = None,
        decode: Callable[[bytes], object] = responses.decode,
    ) -> list[dict[str, object]]:
        """The whole list at `path`, in Taiga's order, checked to be complete.

        Args:
            path: as for `get`.
            params: Taiga's filters; `page` and `page_size` are ours and ignored.
            expected: how many rows there are, where that is known: above `UNPAGED_ROWS` the
                list comes by pages from the start.
            begun: see `read_pages`; if there are such rows, the list goes on by pages.
            decode: makes the rows of each body; each needs its `id`, no more.

        Raises:
            SourceError: as `get`; also if the answer is no list of objects.
        """
        wanted = {name: text for name, text in params.items() if name not in {"page", "page_size"}}
        request = ApiRequest("GET", path, wanted, attempts=ATTEMPTS, decode=decode)
        page = partial(self._page, request)
        whole = self._unpaged(request) if expected <= UNPAGED_ROWS and not begun else None
        if whole is not None and may_be_page(whole) and len(whole) != expected:
            whole = None if goes_on(page, path, wanted, whole) else whole
        return read_pages(page, path, wanted, begun) if whole is None else whole

    def _page(self, request: ApiRequest, _path: str, params: Mapping[str, str]) -> ApiResponse:
        return self._authorised(replace(request, params=params))

    def _unpaged(self, whole: ApiRequest) -> list[dict[str, object]] | None:
        """The list in one answer; None where it does not come, or comes as a page after all."""
        asked = {**whole.params, "page_size": str(PAGE_ROWS)}
        # Sent once: where it fails, the pages are the second try.
        request = replace(whole, params=asked, headers={"x-disable-pagination": "1"}, attempts=1)
        try:
            reply = self._authorised(request)
        except (TroubleError, OversizedError):
            # Too slow or too large for this server or a proxy before it: pages may still pass.
            return None
        if any(name.startswith("x-pagina") for name in reply.headers):
            return None
        return rows_of(reply.data, whole.path)

    def _authorised(self, request: ApiRequest) -> ApiResponse:
        if request.path == "/auth" or request.path.startswith("/auth/"):
            # With a stale token in the header Taiga refuses these, whatever their body says.
            return self._persistent(request, "")
        authorization = self._auth.authorization(self.post)
        try:
            return self._persistent(request, authorization)
        except RefusedError as error:
            if error.status != HTTPStatus.UNAUTHORIZED:
                raise
        # Once only: where a fresh token is refused as well, yet another would be.
        renewed = self._auth.renewed(authorization, self.post)
        try:
            return self._persistent(request, renewed)
        except RefusedError as error:
            if error.status != HTTPStatus.UNAUTHORIZED:
                raise
            raise LoginError(error.message, hint="run `taiga-notes login`") from error

    def _persistent(self, request: ApiRequest, authorization: str) -> ApiResponse:
        failures = throttled = 0
        while True:
            try:
                return self._exchange(request, authorization)
            except ThrottledError as error:
                # At least so long, and longer each time: the server may say 0, or nothing at all.
                # Not counted among the failures: the budget of waiting is what ends this.
                wait = max(2.0**throttled, error.seconds or 0)
                throttled += 1
                # What is throttled was not looked at, so that a write may be sent again as well. A
                # login that is, is told to whoever logs in, and not waited for here.
                is_login = request.path == "/auth" or request.path.startswith("/auth/")
                if is_login or request.method == "HEAD" or not self._backoff.wait(wait):
                    raise
            except TroubleError as error:
                failures += 1
                enough = failures >= min(_attempts(error), request.attempts)
                if enough or not self._may_repeat(request, error, failures):
                    raise

    def _may_repeat(self, request: ApiRequest, error: TroubleError, failures: int) -> bool:
        """Whether to send again, after the wait that is due: never a POST that may have arrived."""
        # Of a repeated POST Taiga makes a second object, and it takes a refresh token but once.
        if request.method != "GET" and not isinstance(error, UnsentError):
            return False
        if error.seconds is None:
            return self._backoff.pause(failures)
        return self._backoff.wait(error.seconds)

    def _exchange(self, request: ApiRequest, authorization: str) -> ApiResponse:
        """Send once.

        Raises:
            TroubleError: another try may help.
            ThrottledError: so may waiting.
            SourceError: nothing will.
        """
        status, headers, body = self._transfer(request, authorization)
        # A list's own decoder puts what it reads into the store, where no error's body belongs.
        decode = request.decode if status < HTTPStatus.MULTIPLE_CHOICES else responses.decode
        # Only 204 has nothing to say; anything else that is empty was cut off.
        is_bare = status == HTTPStatus.NO_CONTENT or request.method == "HEAD"
        data = None if is_bare else decode(body)
        if status < HTTPStatus.MULTIPLE_CHOICES:
            if data is responses.NOT_JSON:
                raise responses.gibberish(request.path, body, self._secrets(request, authorization))
            # What has answered in plain http is not looked at for TLS any more.
            self._is_known = True
            return ApiResponse(data, headers, status)
        secrets = self._secrets(request, authorization)
        if status < HTTPStatus.BAD_REQUEST:
            raise responses.redirection(request.path, headers, secrets)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            by_taiga = responses.is_taigas(status, data)
            raise responses.throttled(
                responses.waiting_time(headers, self._now()), by_taiga=by_taiga
            )
        if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise self._refusal(status, request.path, data, secrets, body, headers=headers)
        wait = responses.waiting_time(headers, self._now())
        where = request.path + self._network.answering_way
        raise responses.breakdown(status, where, data, secrets, wait, body=body)

    def _secrets(self, request: ApiRequest, authorization: str) -> tuple[str, ...]:
        """What a server, a proxy or a gateway's page may repeat of what it was sent."""
        return (*request.secrets(authorization), *self._network.secrets)

    def _refusal(
        self,
        status: int,
        path: str,
        data: object,
        secrets: tuple[str, ...],
        body: bytes,
        *,
        headers: Mapping[str, str],
    ) -> SourceError:
        if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED and self._network.proxy:
            return self._network.wants_login()
        where = path + self._network.answering_way
        error = responses.refusal(status, where, data, secrets, body=body, headers=headers)
        if isinstance(error, NotTaigaError) and self._is_https_after_all():
            return UnreachableError(error.message, hint=self._https_hint)
        return error

    def _transfer(
        self, request: ApiRequest, authorization: str
    ) -> tuple[int, dict[str, str], bytes]:
        built = self._request(request, authorization)
        self.statistics.requests += 1
        self.statistics.latest.append(request.line)
        target = built.url.raw_path.decode()
        if not request.headers and (fresh := self._fresh.pop((request.method, target), None)):
            self._remember(request, HTTPStatus.OK, target, *fresh)
            return HTTPStatus.OK, *fresh
        self._deadline.begin()
        try:
            answer = self._connection().send(built, stream=True)
            try:
                status, headers = answer.status_code, dict(answer.headers)
                body = self._body(answer, request.path)
                self._remember(request, status, target, headers, body)
                return status, headers, body
            finally:
                self.statistics.bytes += answer.num_bytes_downloaded
                answer.close()
        except httpx.RequestError as error:
            secrets = self._secrets(request, authorization)
            raise self._trouble(error, request.path, secrets) from error

    def _remember(
        self, request: ApiRequest, status: int, target: str, headers: dict[str, str], body: bytes
    ) -> None:
        """What is asked without headers of its own can be asked once more just so."""
        is_asking = request.method in {"GET", "HEAD"} and not request.headers
        if is_asking and status == HTTPStatus.OK:
            known = known_answer(request.method, target, headers, body)
            self.statistics.answers.extend([known] if known else [])

    def _request(self, request: ApiRequest, authorization: str) -> httpx.Request:
        headers = {**request.headers, **({"Authorization": authorization} if authorization else {})}
        return self._connection().build_request(
            request.method,
            self.api + checked_path(request.path),
            params=dict(request.params) or None,
            headers=headers,
            json=request.payload,
        )

    def _connection(self) -> httpx.Client:
        if self._http is None:
            self._http = self._connect()
        return self._http

    def _connect(self) -> httpx.Client:
        return httpx.Client(
            headers=self._network.sent(self._language),
            timeout=httpx.Timeout(self._timeout, connect=min(self._timeout, CONNECT_TIMEOUT)),
            follow_redirects=False,
            # The environment is read in `network`, which can say what is wrong in it.
            trust_env=False,
            transport=self._transport or Transport(self._network.connections(self._deadline)),
        )

    def _body(self, response: httpx.Response, path: str) -> bytes:
        pieces: list[bytes] = []
        size = 0
        for piece in response.iter_bytes():
            pieces.append(piece)
            # Counted unpacked: a few kilobytes of gzip may hold gigabytes.
            size += len(piece)
            if size > self._max_bytes:
                raise OversizedError(
                    f"the answer to {path} exceeds {self._max_bytes:,} bytes",
                    hint=responses.ASK_FOR_LESS,
                )
            if self._deadline.left <= 0:
                raise self._too_slow(path)
        return b"".join(pieces)

    def _too_slow(self, path: str) -> TroubleError:
        return TooSlowError(
            f"the answer to {path} was not there after {self._deadline.taken:.0f} seconds",
            hint="the server, or the way to it, is too slow; `timeout` gives it longer",
        )

    def _trouble(
        self, error: httpx.RequestError, path: str, secrets: tuple[str, ...]
    ) -> UnreachableError:
        said = responses.one_line(responses.veiled(str(error), secrets))
        fault = self._network.fault(
            error,
            said,
            self.host,
            connecting=isinstance(error, httpx.ConnectError | httpx.ConnectTimeout),
            connected=self._deadline.connected,
            refused=isinstance(error, httpx.ProxyError),
        )
        if fault:
            return fault
        said = said or type(error).__name__
        match error:
            case httpx.ConnectError() | httpx.ConnectTimeout():
                # Without a connection nothing was sent: a POST, too, may be tried again.
                return UnsentError(
                    f"{self.host} can't be reached: {said}",
                    hint="is the network up, is `api` right?",
                )
            case httpx.TimeoutException():
                if self._deadline.left <= 0:
                    return self._too_slow(path)
                said = f"no answer to {path} within {self._timeout:g} seconds"
                return SilentError(said + self._network.way, hint=responses.TRY_LATER)
            case _ if self._is_https_after_all():
                said = f"{self.host} does not answer in plain http"
                return UnreachableError(said, hint=self._https_hint)
            case _:
                return TroubleError(
                    f"the connection broke during {path}{self._network.way}: {said}",
                    hint=responses.TRY_LATER,
                )

    def _is_https_after_all(self) -> bool:
        """Whether plain http was sent to a port at which TLS is spoken; looked at once."""
        if self._is_known or self._transport or self._network.proxy:
            return False
        self._is_known = not (self.api.startswith("http://") and speaks_tls(self.api))
        return not self._is_known

    @property
    def _https_hint(self) -> str:
        return f"it speaks TLS: use https://{self.host} in `api`"


class _CallQueue:
    """Calls that several threads see to, each the next one, until one fails.

    Args:
        calls: see `Client.together`.
        tell: see there.

    Attributes:
        calls: them.
        replies: the answers, in the places of their calls.
    """

    def __init__(
        self, calls: Sequence[tuple[str, Mapping[str, str]]], tell: Callable[[int], None]
    ) -> None:
        self.calls = calls
        self.replies: list[ApiResponse | None] = [None] * len(calls)
        self._places = iter(range(len(calls)))
        self._tell = tell
        self._count = 0
        self._turn = threading.Lock()

    def next(self) -> int | None:
        """The place of the next call; None where there is none."""
        with self._turn:
            return next(self._places, None)

    def put(self, place: int, reply: ApiResponse) -> None:
        """Take an answer."""
        with self._turn:
            self.replies[place] = reply
            self._count += 1
            self._tell(self._count)

    def end(self) -> None:
        """No more calls are to be sent."""
        with self._turn:
            self._places = iter(range(0))


def _attempts(error: TroubleError) -> int:
    match error:
        case TooSlowError():
            return 1
        case SilentError() | NotTaigaError():
            return SILENT_ATTEMPTS
        case _:
            return ATTEMPTS
