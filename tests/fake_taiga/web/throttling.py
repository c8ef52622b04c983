"""Limits on how often one may ask. Taiga has none by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fake_taiga.web.problems import throttled

if TYPE_CHECKING:
    from tests.fake_taiga.web.messages import Request
    from tests.fake_taiga.world import World

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_FAILURES = {400, 401}
LOGINS = {"/auth", "/auth/refresh", "/auth/verify"}


def check(world: World, request: Request) -> None:
    """Count a request against its limits; one that is refused does not count.

    Raises:
        Problem: 429.
    """
    if request.path.startswith("/auth"):
        _check_login(world, request)
        return
    scope, ident = _scope(request)
    rates = _rates(world, scope)
    now = world.clock.now().timestamp()
    waits = [_wait(world, f"{scope} {rate} {ident}", rate, now) for rate in rates]
    if any(waits):
        raise throttled(max(waits))
    for rate in rates:
        world.request_times.setdefault(f"{scope} {rate} {ident}", []).append(now)


def _scope(request: Request) -> tuple[str, str]:
    what = "write" if request.method in {"POST", "PUT", "PATCH", "DELETE"} else "read"
    if request.user is None:
        return f"anon-{what}", request.remote
    return f"user-{what}", str(request.user.id)


def _rates(world: World, scope: str) -> list[str]:
    rates = world.settings.rates.get(scope)
    return [rates] if isinstance(rates, str) else list(rates or [])


def _wait(world: World, key: str, rate: str, now: float) -> float:
    number, _, period = rate.partition("/")
    seconds = _SECONDS[period[0]]
    recent = [moment for moment in world.request_times.get(key, []) if moment > now - seconds]
    world.request_times[key] = recent
    return seconds - (now - recent[0]) if len(recent) >= int(number) else 0


def _check_login(world: World, request: Request) -> None:
    now = world.clock.now().timestamp()
    for rate in _rates(world, "login-fail"):
        wait = _wait(world, f"login-fail {request.remote}", rate, now)
        if wait and request.path in LOGINS and request.method == "POST":
            raise throttled(wait)


def note_login(world: World, request: Request, status: int) -> None:
    """Count a login that failed; from some number on even a right one is refused."""
    login = request.path in LOGINS and request.method == "POST"
    if login and status in _FAILURES and _rates(world, "login-fail"):
        now = world.clock.now().timestamp()
        world.request_times.setdefault(f"login-fail {request.remote}", []).append(now)
