"""Errors as clients see them: problem+json (RFC 9457). Nothing of the inside of the server is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

from .approvals import Outcome

_CODES: Mapping[int, str] = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "payload_too_large",
    500: "internal_server_error",
}
INTERNAL = "An internal error occurred. Please try again later."


class Problem(Exception):
    """``detail``: what the client can do something with."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail

    def response(self) -> web.Response:
        title, code = HTTPStatus(self.status).phrase, _CODES.get(self.status, "error")
        body = {"title": title, "status": self.status, "detail": self.detail, "code": code, "error": {"code": code, "message": self.detail}}
        headers = {"WWW-Authenticate": "Bearer"} if self.status == 401 else None
        return web.Response(status=self.status, text=json.dumps(body), content_type="application/problem+json", headers=headers)


def bad_request(detail: str) -> Problem:
    return Problem(400, detail)


def no_execution() -> Problem:
    """Also for the run of somebody else: that it is there is told to nobody."""
    return Problem(404, "Execution not found")


_PROBLEM_BY_OUTCOME: Mapping[Outcome, tuple[int, str]] = {
    Outcome.OPPOSITE: (409, "The tool call was decided otherwise"),
    Outcome.NOT_PENDING: (409, "The tool call does not wait for an approval"),
    Outcome.UNKNOWN_CALL: (404, "Tool call not found"),
    Outcome.OVER: (409, "The execution is over"),
    Outcome.BROKEN: (500, INTERNAL),
}


def refusal(outcome: Outcome) -> Problem | None:
    """Why a decision was refused; None if it was not."""
    row = _PROBLEM_BY_OUTCOME.get(outcome)
    return None if row is None else Problem(*row)
