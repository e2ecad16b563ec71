"""The table of planted bugs of the role ``reader`` of ``sse``."""

from __future__ import annotations

from ..references.sse_parser import SseParser
from ..references.sse_pause import Pause
from ..references.sse_reader import ReferenceSseReader
from ..references.sse_request import SseRequest
from . import sse_reader_connecting as connecting
from . import sse_reader_parsing as parsing
from .base import Mutant


def fitted(
    *, parser: type[SseParser] = SseParser, request: type[SseRequest] = SseRequest, pause: type[Pause] = Pause
) -> type[ReferenceSseReader]:
    """The reference with one of its parts exchanged."""

    class Fitted(ReferenceSseReader):
        parser_type = parser
        request_type = request
        pause_type = pause

    return Fitted


def _mutant(name: str, requirements: str, planted: str, factory: type[ReferenceSseReader]) -> Mutant:
    ids = tuple(f"SSE-{requirement}" for requirement in requirements.split())
    return Mutant(f"sse-{name}", "sse", "reader", ids, planted, f"the requirement {ids[0]}", factory)


SSE_READER_MUTANTS: tuple[Mutant, ...] = (
    # lines and fields
    _mutant("cr-is-text", "PARSE-1", "a lone CR ends no line", fitted(parser=parsing.TakesCrForText)),
    _mutant("crlf-split", "PARSE-1", "a CRLF that comes in two pieces is taken for two line ends", fitted(parser=parsing.ForgetsTheCr)),
    _mutant("bom-kept", "PARSE-1 ID-1", "a byte order mark belongs to the first line", fitted(parser=parsing.KeepsTheByteOrderMark)),
    _mutant("characters-split", "PARSE-1", "each piece of the body is decoded by itself", fitted(parser=parsing.SplitsCharacters)),
    _mutant(
        "line-separators", "PARSE-1", "lines end at U+2028, U+0085 and vertical tabs, too", fitted(parser=parsing.SplitsAtEveryLineEnd)
    ),
    _mutant("comment-ends", "PARSE-1", "a comment ends the event it stands in", fitted(parser=parsing.EndsAtComments)),
    _mutant("space-kept", "PARSE-1", "the space behind the colon is kept", fitted(parser=parsing.KeepsTheSpace)),
    _mutant("space-stripped", "PARSE-1", "all white space around a value is taken away", fitted(parser=parsing.StripsAllSpace)),
    _mutant("case-ignored", "PARSE-1", "names of fields are compared without their case", fitted(parser=parsing.IgnoresCase)),
    _mutant("lines-joined", "PARSE-1", "several data lines are joined with nothing between them", fitted(parser=parsing.JoinsWithNothing)),
    _mutant("last-line", "PARSE-1", "of several data lines only the last is kept", fitted(parser=parsing.KeepsTheLastLine)),
    _mutant("type-sticky", "PARSE-1", "the type of an event stays for the next", fitted(parser=parsing.KeepsTheType)),
    _mutant("nothing-dispatched", "PARSE-1", "an id without data is dispatched as an event", fitted(parser=parsing.DispatchesNothing)),
    _mutant("null-in-id", "ID-1", "an id with NULL is taken", fitted(parser=parsing.TakesNull)),
    _mutant("empty-id-ignored", "ID-1 RES-1", "an empty id does not take back the one before", fitted(parser=parsing.IgnoresEmptyIds)),
    _mutant(
        "retry-of-digits",
        "WAIT-1",
        "of a `retry` that is no number the leading digits are taken",
        fitted(parser=parsing.TakesLeadingDigits),
    ),
    # delivery
    _mutant(
        "newest-first", "ORD-1", "events that arrive together are dispatched in the opposite order", fitted(parser=parsing.GivesNewestFirst)
    ),
    _mutant("last-held", "LOSS-1", "an event is dispatched only once the next has come", fitted(parser=parsing.HoldsTheLastBack)),
    _mutant("first-dropped", "LOSS-1", "the first event behind a reconnect is lost", connecting.DropsTheFirst),
    _mutant("repeats-dropped", "LOSS-1", "an event with the id of the one before is taken for a repeat", connecting.DropsRepeats),
    _mutant("told-again", "DUP-1", "once a stream is over its last event is dispatched again", connecting.TellsTheLastAgain),
    _mutant("half-dispatched", "HALF-1", "what there is of an event when the stream ends is dispatched", connecting.DispatchesHalves),
    _mutant("own-id-only", "ID-1", "an event without an id is told with none", connecting.TellsOwnIds),
    _mutant("any-type", "TYPE-1", "the media type of an answer is not looked at", connecting.TakesAnyType),
    _mutant("any-status", "STAT-1", "the status of an answer is not looked at", connecting.TakesAnyStatus),
    # connections
    _mutant("accepts-anything", "ACC-1", "the request accepts */*", fitted(request=connecting.AcceptsAnything)),
    _mutant("id-not-sent", "RES-1", "a reconnect carries no Last-Event-ID", fitted(request=connecting.SendsNoId)),
    _mutant("empty-id-sent", "RES-1", "without an id the header is sent empty", fitted(request=connecting.SendsEmptyIds)),
    _mutant("first-id-kept", "RES-1", "every reconnect carries the first id there was", fitted(request=connecting.KeepsTheFirstId)),
    _mutant("id-early", "RES-1", "an id counts before its event is whole", connecting.CommitsEarly),
    _mutant("id-late", "RES-1 ID-1", "an id counts only from the next event on", connecting.CommitsLate),
    _mutant("id-forgotten", "RES-1 ID-1", "each connection begins without an id", connecting.ForgetsTheId),
    _mutant("stored-id-forgotten", "STO-1", "a stored id is not sent", connecting.ForgetsTheStoredId),
    _mutant(
        "headers-once",
        "HDR-1",
        "the headers of the application are on the first connection only",
        fitted(request=connecting.GivesHeadersOnce),
    ),
    _mutant(
        "credential-away", "RED-1", "the credential goes along to wherever a redirect leads", fitted(request=connecting.TakesHeadersAlong)
    ),
    _mutant("gives-up", "REC-1", "a stream that is over is not connected again", connecting.GivesUp),
    _mutant("retry-ignored", "WAIT-1", "`retry` is ignored", fitted(pause=connecting.IgnoresRetry)),
    _mutant("retry-halved", "WAIT-1", "a pause is half of what `retry` asks for", fitted(pause=connecting.HalvesRetry)),
    _mutant("storm", "STORM-1", "pauses are ten milliseconds at most, whatever happens", fitted(pause=connecting.NeverGrows)),
    _mutant("end-ignored", "END-1", "a 204 is taken for a stream that ended", connecting.GoesOnAfterTheEnd),
    _mutant("tries-for-ever", "FAIL-1", "after 404 it connects again and again, and tells nobody", connecting.TriesForEver),
    # what the application is told
    _mutant("open-untold", "OPEN-1", "the application is not told of an open stream", connecting.TellsOfNoStream),
    _mutant("end-untold", "TELL-1", "it does not reconnect, and does not tell that the stream is over", connecting.EndsInSilence),
    _mutant("hangs-on-rubbish", "ROB-1", "bytes that are no UTF-8 stop it for good", connecting.HangsOnRubbish),
    _mutant("unwatch-ignored", "CLOSE-1", "`unwatch` does nothing", connecting.GoesOnAfterUnwatch),
    _mutant("connection-kept", "CLOSE-1", "`unwatch` stops the notes but not the connection", connecting.KeepsTheConnection),
    # memory
    _mutant("keeps-everything", "MEM-1", "every piece of the body that was read is kept", fitted(parser=parsing.KeepsEverything)),
)
