"""What happens, as it happens, over a WebSocket by gql: events without end, none missed over a break of the line."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from gql import Client, gql
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.websockets import WebsocketsTransport
from websockets.exceptions import ConnectionClosed

from .client import Hub, HubError

EDITION_PUBLISHED = "subscription($lastEventId: ID) { editionPublished(lastEventId: $lastEventId) { id number asOf publishedAt enterprises } }"


#: Close codes after which the same question is refused again.
REFUSED = {4400: "BAD_INPUT", 4401: "UNAUTHENTICATED", 4403: "UNAUTHENTICATED"}


def _close_code(error: BaseException | None) -> int | None:
    """With which code the hub closed the connection, where that is what broke it."""
    while error is not None:
        if isinstance(error, ConnectionClosed) and error.rcvd:
            return error.rcvd.code
        error = error.__cause__ or error.__context__
    return None


async def doubling(attempt: int) -> None:
    """Waits a second, two, four, … a minute."""
    await asyncio.sleep(min(2.0 ** (attempt - 1), 60) * random.uniform(0.8, 1.2))


async def editions(hub: Hub, *, after: str | None = None, wait: Callable[[int], Awaitable[None]] = doubling, connect: Callable[[Hub], Any] | None = None) -> AsyncIterator[dict[str, Any]]:
    """Every edition as it is published; first those since `after` (`edition:12`), where it is given.

    `wait` is awaited before the attempt of its number since something arrived. Raises `HubError` for what the hub refuses.
    """
    attempt = 0
    while True:
        try:
            async with Client(transport=(connect or transport)(hub)) as session:
                request = gql(EDITION_PUBLISHED)
                request.variable_values = {"lastEventId": after}
                async for event in session.subscribe(request):
                    attempt = 0
                    after = event["editionPublished"]["id"]
                    yield event["editionPublished"]
        except TransportQueryError as refused:
            raise HubError.of((refused.errors or [{}])[0]) from refused
        except (TransportError, OSError) as broken:
            code = _close_code(broken)
            if code in REFUSED:
                raise HubError(f"{hub.url}: closed with {code}", REFUSED[code]) from broken
        attempt += 1
        await wait(attempt)


def transport(hub: Hub) -> WebsocketsTransport:
    """One connection; what a header cannot say on a WebSocket goes into its first message."""
    first: dict[str, Any] = {"acceptLanguage": hub.lang}
    if hub.authorization:
        first["authorization"] = hub.authorization
    return WebsocketsTransport(url=hub.url.replace("http", "ws", 1) + "/graphql/ws", init_payload=first)
