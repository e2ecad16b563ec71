"""Where a run is to be followed: asked once, kept over reconnects, asked again only when the answer cannot be trusted any more."""

from __future__ import annotations

from .run_stream_api import Answer, Api, Leg, Path

TOO_MANY_REQUESTS = 429


class Legs:
    """The answers of one bootstrap. ``says_its_end``: a stream that is over says so; None: not known yet."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.says_its_end: bool | None = None
        self.kept: Leg | None = None

    @property
    def is_legacy(self) -> bool:
        """Only an older backend, that has been known as one, ends a stream without a word."""
        return self.says_its_end is False

    async def current(self) -> Leg:
        """Where to connect now."""
        if self.kept is not None:
            return self.kept
        answer = await self.api.stream_token()
        return self.for_this_round(answer) if self.is_passing(answer) else self.keep(answer)

    def forget(self, leg: Leg) -> None:
        """The stream did not accept the credential: the proxy's token has its time, the session's does not come from here."""
        if leg.path is Path.PROXY:
            self.kept = None

    def is_passing(self, answer: Answer | None) -> bool:
        """Whether the next answer may be another one, without anything having changed."""
        if answer is None or answer.status == TOO_MANY_REQUESTS or not 200 <= answer.status < 500:
            return True
        return answer.status < 400 and answer.object is None

    def for_this_round(self, answer: Answer | None) -> Leg:
        return self.api.direct_leg()

    def keep(self, answer: Answer | None) -> Leg:
        self.kept = self.learn_from(answer)
        return self.kept

    def learn_from(self, answer: Answer | None) -> Leg:
        told = None if answer is None else answer.object
        if told is None:
            self.learn_of_old_backend()
            return self.api.direct_leg()
        self.says_its_end = True
        base, token = told.get("stream_base_url"), told.get("token")
        if isinstance(base, str) and base and isinstance(token, str) and token:
            return self.api.proxy_leg(base, token)
        return self.api.direct_leg()

    def learn_of_old_backend(self) -> None:
        """What once said its end keeps doing so."""
        if self.says_its_end is None:
            self.says_its_end = False
