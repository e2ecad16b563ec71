"""The table of planted bugs of the role ``client`` of ``durable-execution``."""

from __future__ import annotations

from ..references.durable_client import ReferenceDurableClient
from ..references.durable_http import DurableHttp
from ..references.durable_outcome import Standing
from ..references.sse_parser import SseParser
from . import durable_client_claims as claims
from . import durable_client_frames as frames
from . import durable_client_outcomes as outcomes
from . import durable_client_requests as requests
from . import sse_reader_parsing as parsing
from .base import Mutant


def fitted(
    *, parser: type[SseParser] = SseParser, http: type[DurableHttp] = DurableHttp, standing: type[Standing] = Standing
) -> type[ReferenceDurableClient]:
    """The reference with one of its parts exchanged."""

    class Fitted(ReferenceDurableClient):
        parser_type = parser
        http_type = http
        standing_type = standing

    return Fitted


def _mutant(name: str, numbers: str, planted: str, factory: type[ReferenceDurableClient], origin: str = "") -> Mutant:
    ids = tuple(f"EXE-CLI-{number}" for number in numbers.split())
    return Mutant(f"durable-client-{name}", "durable-execution", "client", ids, planted, origin or f"the requirement {ids[0]}", factory)


DURABLE_CLIENT_MUTANTS: tuple[Mutant, ...] = (
    # outcomes
    _mutant("cut-is-success", "1", "a stream that was cut behind some frames is a success", fitted(standing=outcomes.TakesACutForSuccess)),
    _mutant("end-is-success", "1", "any clean end is a success", fitted(standing=outcomes.TakesAnEndForSuccess)),
    _mutant("suspension-is-success", "1", "a suspended run is told as a success", fitted(standing=outcomes.TakesSuspensionForSuccess)),
    _mutant("failure-is-success", "1", "error operations are not looked at", fitted(standing=outcomes.KnowsNoAgentFailure)),
    _mutant(
        "error-is-the-end", "1", "an error operation without its finish is an agent failure", fitted(standing=outcomes.TakesErrorsForTheEnd)
    ),
    _mutant("operation-is-failure", "1", "any data-operation is an agent failure", fitted(standing=outcomes.TakesOperationsForErrors)),
    _mutant("tool-error-is-failure", "1", "a tool that failed is an agent failure", fitted(standing=outcomes.TakesToolErrorsForFailures)),
    _mutant(
        "words-are-signs",
        "1",
        "the words tool-approval-request in a text are an approval request",
        fitted(standing=outcomes.SearchesForWords),
    ),
    _mutant("approval-stays", "1", "an approval request of an earlier round still counts", fitted(standing=outcomes.ForgetsNoApproval)),
    _mutant("null-is-a-finish", "1", "a finish reason that is null is a finish", fitted(standing=outcomes.TakesAnyChoiceForAFinish)),
    _mutant("error-frame-ignored", "1", "`event: error` is not listened to", outcomes.IgnoresErrorFrames, "M-C17"),
    _mutant("any-media-type", "1", "the media type of an answer is not looked at", outcomes.TakesAnyMediaType),
    _mutant("cut-untold", "1", "of a stream that breaks the application is told nothing", outcomes.TellsNoCut),
    _mutant("outcome-twice", "1", "a suspension is told twice", outcomes.TellsTwice),
    _mutant("outcome-early", "1 4", "the outcome is told in front of the last frame", outcomes.TellsTheLastFrameLate),
    # [DONE]
    _mutant("done-awaited", "2", "without `[DONE]` a stream has not ended", outcomes.WaitsForDone, "M-C25"),
    _mutant("done-told", "2", "`[DONE]` is told as a frame", outcomes.TellsDone),
    _mutant("done-is-success", "2", "`[DONE]` is a success, whatever the frames say", outcomes.TakesDoneForSuccess),
    _mutant("done-breaks", "2", "`[DONE]` is no JSON, and breaks the stream", outcomes.BreaksAtDone),
    # where it goes on
    _mutant("last-again", "3", "it goes on at the last frame seen, not behind it", fitted(http=frames.AsksForTheLastAgain), "M-C27"),
    _mutant("one-left-out", "3", "it goes on one frame too late", fitted(http=frames.LeavesOneOut), "M-C27"),
    _mutant("all-again", "3", "every stream is asked for from the beginning", fitted(http=frames.AsksForEverything)),
    _mutant("index-from-zero", "3", "each stream is counted from zero", frames.CountsFromZero, "M-C28"),
    _mutant("index-of-the-seen", "3", "frames without words do not count", fitted(standing=frames.CountsWhatIsSeen), "M-C28"),
    # frames
    _mutant("half-told", "4", "what a cut leaves of a frame is told", frames.TellsHalves),
    _mutant("comment-told", "4", "a comment is a frame", fitted(parser=frames.TakesCommentsForFrames)),
    _mutant("error-frame-told", "4", "`event: error` is told as a frame", frames.TellsErrorFrames),
    _mutant("words-alone", "4", "only the words of a frame are told", frames.TellsTheWordsAlone),
    _mutant("last-untold", "4", "the frame with the finish is not told", frames.SkipsTheLastFrame),
    _mutant("newest-first", "4", "frames that arrive together are told in the opposite order", fitted(parser=parsing.GivesNewestFirst)),
    _mutant("cr-is-text", "4", "a lone CR ends no line", fitted(parser=parsing.TakesCrForText)),
    _mutant("bom-kept", "4", "a byte order mark belongs to the first line", fitted(parser=parsing.KeepsTheByteOrderMark)),
    _mutant("characters-split", "4", "each piece of the body is decoded by itself", fitted(parser=parsing.SplitsCharacters)),
    _mutant("line-separators", "4", "lines end at U+2028 and U+0085, too", fitted(parser=parsing.SplitsAtEveryLineEnd)),
    _mutant("last-line", "4", "of several data lines only the last is kept", fitted(parser=parsing.KeepsTheLastLine)),
    # requests
    _mutant("ids-plain", "5", "ids stand in a path as they are", fitted(http=requests.EncodesNothing)),
    _mutant("ids-twice", "5", "ids are encoded twice", fitted(http=requests.EncodesTwice)),
    _mutant("slashes-left", "5", "a slash in an id divides the path", fitted(http=requests.LeavesSlashes)),
    _mutant("plus-for-space", "5", "a space in an id becomes a plus", fitted(http=requests.WritesPlusForSpace)),
    _mutant(
        "credential-lost", "5", "a stream is followed without the headers of the config", fitted(http=requests.SharesNoHeadersWithStreams)
    ),
    _mutant("scope-lost", "5", "of the headers of the config only Authorization is sent", fitted(http=requests.SharesOnlyTheCredential)),
    _mutant("index-in-hex", "5", "the start index is written in hexadecimal", fitted(http=requests.AsksInHexadecimal)),
    _mutant("reason-lost", "5", "the reason of a denial is not sent", fitted(http=requests.DropsTheReason)),
    _mutant("always-approved", "5 7", "a denial is sent as an approval", fitted(http=requests.ApprovesInEveryCase)),
    _mutant("conversation-lost", "5", "the conversation of a creation is not sent", fitted(http=requests.DropsTheConversation)),
    # creations
    _mutant("create-again-lost", "6", "a creation whose answer is lost is posted again", fitted(http=claims.PostsAgainWhenLost)),
    _mutant("create-again-failed", "6", "a creation that is answered 5xx is posted again", fitted(http=claims.PostsAgainWhenFailed)),
    _mutant("create-to-reconnect", "6", "behind a stream that broke a new run is created", claims.CreatesToReconnect, "M-C29"),
    _mutant("create-lost-failed", "6", "a creation whose answer is lost has failed, it says", claims.CallsLostCreationsFailed),
    _mutant("create-invented", "6", "a creation whose answer is lost gets an id of its own", claims.InventsTheRun),
    # approvals
    _mutant("refusal-is-ok", "7", "a refused approval is a success", claims.TakesRefusalsForSuccess, "M-C04"),
    _mutant("failure-is-ok", "7", "an approval that is answered 5xx is a success", claims.TakesFailuresForSuccess),
    _mutant("lost-is-ok", "7", "an approval whose answer is lost is a success", claims.TakesLostAnswersForSuccess),
    _mutant("lost-is-failed", "7", "an approval whose answer is lost has failed, it says", claims.CallsLostApprovalsFailed),
    _mutant("ok-at-once", "7", "an approval is a success before it is sent", claims.AnswersBeforeItAsks),
    # letting go
    _mutant("unfollow-ignored", "8", "`unfollow` does nothing", claims.GoesOnAfterUnfollow),
    _mutant("connection-kept", "8", "`unfollow` stops the notes, not the reading", claims.KeepsTheConnection),
    _mutant("says-goodbye", "8", "an outcome is told behind `unfollow`", claims.SaysGoodbye),
    # redirects
    _mutant(
        "credential-away", "9", "a redirect to another origin gets the credential", fitted(http=requests.FollowsRedirectsWithEverything)
    ),
)
