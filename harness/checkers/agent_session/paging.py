"""Listings of several pages: SES-PAGE-1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .record import USER_MESSAGE, Listing, Session
from .results import Result, results
from .trouble import is_good
from .view import View

PAGES_MAX = 1_000


def check_pages(view: View) -> Judgement:
    findings = [finding for session in view.sessions for listing in session.listings for finding in _goes_on(listing)]
    seen = False
    for result in results(view):
        session = result.run.session
        paged = _paged(session, result.emit.number) if session is not None else None
        if session is None or paged is None:
            continue
        seen = True
        if result.problem is not None:
            findings.append(Finding("SES-PAGE-1", f"the list came in several pages, and {result.problem}", result.proof))
        else:
            findings.extend(_stopped(session, result))
    if not seen and not findings:
        return not_judged("precondition never met: no run was emitted whose list came in several pages")
    return judged(findings[:3])


def _paged(session: Session, before: int) -> Listing | None:
    """The last listing that named a further page."""
    named = (listing for listing in reversed(session.listings) if listing.entry < before and any(page.next for page in listing.pages))
    return next(named, None)


def _goes_on(listing: Listing) -> Iterator[Finding]:
    """A token that comes again ends a listing; so does the thousandth page."""
    asked = Counter(page.token for page in listing.pages if page.token is not None)
    again = next((token for token, count in asked.items() if count > 1), None)
    if again is not None:
        entries = [page.entry for page in listing.pages if page.token == again]
        message = f"the page of one token was asked for {len(entries)} times in a listing"
        yield Finding("SES-PAGE-1", message, tuple(entries[:2]))
    elif len(listing.pages) > PAGES_MAX:
        yield Finding("SES-PAGE-1", f"a listing took {len(listing.pages)} requests", (listing.entry, listing.last_entry))


def _stopped(session: Session, result: Result) -> Iterator[Finding]:
    """The last listing ends before the prompt though there were further pages, and no stream has told what they hold."""
    listing = next((listing for listing in reversed(session.listings) if listing.entry < result.emit.number), None)
    if listing is None or session.streams or len(listing.pages) >= PAGES_MAX:
        return
    last = listing.pages[-1]
    reached = any(id in session.by_id and session.by_id[id].type == USER_MESSAGE for page in listing.pages for id in page.ids)
    known = {page.token for page in listing.pages}
    failed = [request for request in session.asked("list") if request.entry > last.entry and not is_good(request)]
    if last.next and last.next not in known and not reached and not failed:
        message = "the last listing ends at a page that named another, before the prompt was reached"
        yield Finding("SES-PAGE-1", message, (last.entry, result.emit.number))
