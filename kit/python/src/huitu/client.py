"""Asks one hub. In: documents and variables. Out: dicts, or a `HubError`; lists, coverage and editions also as `pyarrow.Table`.

Nothing is kept between questions: the hub answers repeated ones from what it keeps.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx

from . import frames


class HubError(Exception):
    """The hub refused, could not be reached, or left out what was asked. Compare `code`, show the text."""

    def __init__(self, message: str, code: str = "INTERNAL", retryable: bool = False, hint: str | None = None, request_id: str | None = None):
        super().__init__(message)
        #: Stable: BAD_INPUT, FORBIDDEN, EDITION_GONE, …; UNREACHABLE where nobody answered.
        self.code = code
        #: The same question may be answered later.
        self.retryable = retryable
        #: What would be right, such as the nearest edition or the scope needed.
        self.hint = hint
        #: For the hub's operator: their log has the same.
        self.request_id = request_id

    @classmethod
    def of(cls, problem: Mapping[str, Any]) -> HubError:
        """From an error of GraphQL, or from `{"error": …}` of the other routes."""
        more = problem.get("extensions") or problem
        return cls(problem.get("message", ""), more.get("code", "INTERNAL"), bool(more.get("retryable")), more.get("hint"), more.get("requestId"))


class Hub:
    """One hub, as one caller sees it.

    `url` includes the path that a proxy puts before the hub. `token` is `HUITU_TOKEN` where left out; without one the hub must let
    strangers in (`huitu demo`). `lang` is "zh" or "en". `purpose` is shown to the departments that own the data.
    """

    def __init__(self, url: str, *, token: str | None = None, lang: str = "zh", purpose: str | None = None, timeout: float = 60.0, transport: httpx.BaseTransport | None = None):
        self.url = url.rstrip("/")
        self.lang = lang
        token = token or os.environ.get("HUITU_TOKEN")
        headers = {"accept-language": lang.encode()}
        if token:
            headers["authorization"] = f"Bearer {token}".encode()
        if purpose:
            headers["x-purpose"] = purpose.encode()
        self._http = httpx.Client(headers=headers, timeout=timeout, transport=transport)

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Hub:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def authorization(self) -> str | None:
        """What `Authorization` says, for transports of their own."""
        return self._http.headers.get("authorization")

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            return self._http.request(method, self.url + path, **more)
        except httpx.HTTPError as error:
            raise HubError(f"{self.url}: {error}", "UNREACHABLE", retryable=True) from error

    def answer(self, document: str, **variables: Any) -> dict[str, Any]:
        """The whole answer, errors beside data: fields that this caller may not see are None and named in `errors`.

        Raises `HubError` where nothing was answered.
        """
        response = self._send("POST", "/graphql", json={"query": document, "variables": variables}, headers={"accept": "application/graphql-response+json"})
        try:
            answer = response.json()
        except ValueError as error:
            raise HubError(f"{self.url}: {response.status_code} without JSON", "UNREACHABLE", retryable=True) from error
        if "error" in answer:
            raise HubError.of(answer["error"])
        if answer.get("data") is None:
            raise HubError.of((answer.get("errors") or [{}])[0])
        return answer

    def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer that has no errors; the first error is raised as `HubError`."""
        answer = self.answer(document, **variables)
        if answer.get("errors"):
            raise HubError.of(answer["errors"][0])
        return answer["data"]

    def pages(self, document: str, **variables: Any) -> Iterator[dict[str, Any]]:
        """Page after page of the one list that the document asks for; it takes `$after` and asks for `pageInfo`.

        All pages come from the edition of the first one. A list that the caller may not see has no pages.
        """
        after = variables.pop("after", None)
        while True:
            data = self.ask(document, **variables, after=after)
            if len(data) != 1:
                raise ValueError(f"the document asks for {len(data)} fields: pages follows one list")
            (page,) = data.values()
            if page is None:
                return
            yield page
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    def rows(self, document: str, **variables: Any) -> Iterator[dict[str, Any]]:
        """Row after row of all pages."""
        for page in self.pages(document, **variables):
            yield from page["nodes"]

    def export(self, name: str, *, columns: Sequence[str] | str | None = None, as_of: str | None = None, order_by: str | None = None, first: int | None = None, filter: Mapping[str, Any] | None = None, **short: Sequence[str] | str) -> bytes:
        """A file of an export route, such as `gap.csv` or `enterprises.xlsx`; `short` are the short forms of a filter (`area=["110108"]`).

        Raises `HubError` where it is refused; a caller needs the scope `export`.
        """
        joined = lambda value: value if isinstance(value, str) else ",".join(value)  # noqa: E731
        asked = {"columns": columns and joined(columns), "asOf": as_of, "orderBy": order_by, "first": first, "filter": filter and json.dumps(filter), **{k: joined(v) for k, v in short.items()}}
        response = self._send("GET", f"/export/{name}", params={k: v for k, v in asked.items() if v is not None} | {"lang": self.lang})
        if response.is_error:
            try:
                raise HubError.of(response.json()["error"])
            except (ValueError, KeyError) as error:
                raise HubError(f"{self.url}: {response.status_code}", "UNREACHABLE", retryable=True) from error
        return response.content

    def gap(self, **asked: Any) -> frames.Table:
        """The gap list, most urgent first, as a `pyarrow.Table`; takes what `export` takes."""
        return frames.table_of(self.export("gap.arrow", **asked))

    def enterprises(self, **asked: Any) -> frames.Table:
        """Enterprises of any kind as a `pyarrow.Table`; takes what `export` takes."""
        return frames.table_of(self.export("enterprises.arrow", **asked))

    def coverage(self, by: Sequence[str] = ("DISTRICT",), *, filter: Mapping[str, Any] | None = None, within: str | None = None, as_of: str | None = None) -> frames.Table:
        """Counts and rates of each group as a `pyarrow.Table`: code and name of each dimension, counts as integers, rates as numbers."""
        data = self.ask(frames.COVERAGE, by=list(by), filter=filter, within=within and {"code": within}, asOf=as_of)
        return frames.coverage(by, data["coverage"])

    def editions(self) -> frames.Table:
        """The editions that can be asked, newest first, as a `pyarrow.Table`."""
        return frames.editions(list(self.rows(frames.EDITIONS)))
