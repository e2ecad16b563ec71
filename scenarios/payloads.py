"""Event payloads that look like life: a pool made once with a fixed seed, from which cases draw by number.

Strings in letters of many scripts, emoji, nesting, numbers within 2^53; nothing that JSON libraries are known to change
(1.0, -0, duplicate keys, lone surrogates), since events are compared as JSON values. Number 0 is the empty payload.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from faker import Faker

POOL_SIZE = 64
LOCALES = ("en_US", "ja_JP", "ar_SA", "ru_RU")
AWKWARD = ("", "\u2028\u2029", "\r\n", "\\\"'", "é", "👩‍👩‍👧‍👦", "\u0000", "</script>", "data: x\n\n", "𝒳" * 40)


@cache
def payload(number: int) -> dict[str, Any]:
    """The ``number``-th payload of the pool, 0 <= number < POOL_SIZE. Do not change what is returned."""
    if number == 0:
        return {}
    if number <= len(AWKWARD):
        return {"text": AWKWARD[number - 1]}
    faker = _faker(LOCALES[number % len(LOCALES)])
    faker.seed_instance(number)
    update = {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": faker.sentence()}}
    params = {
        "sessionId": faker.uuid4(),
        "update": update,
        "at": faker.random_int(0, 2**53 - 1),
        "tags": [faker.word() for _ in range(number % 4)],
    }
    return {"type": "notification", "notification": {"method": "session/update", "params": params}}


@cache
def _faker(locale: str) -> Faker:
    return Faker(locale)
