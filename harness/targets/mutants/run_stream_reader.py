"""The table of planted bugs of the role ``reader`` of ``run-stream``. M numbers are rows of the contract's own list of mutants."""

from __future__ import annotations

from ..references.run_stream_api import Api
from ..references.run_stream_backoff import Budgets
from ..references.run_stream_connection import Connection
from ..references.run_stream_frames import FrameReader
from ..references.run_stream_history import HistoryReader
from ..references.run_stream_leg import Legs
from ..references.run_stream_reader import ReferenceReader
from ..references.run_stream_transcript import Transcript
from ..references.run_stream_watch import Watch
from . import run_stream_reader_asking as asking
from . import run_stream_reader_ends as ends
from . import run_stream_reader_frames as frames
from . import run_stream_reader_transcript as transcript
from .base import Mutant

Part = type[Api | Budgets | Watch | Connection | FrameReader | HistoryReader | Legs | Transcript]


def fitted(*parts: Part) -> type[ReferenceReader]:
    """The reference with some of its parts exchanged: each for the part that it is a kind of."""

    def chosen(kind: type) -> type:
        return next((part for part in parts if issubclass(part, kind)), kind)

    connection = type("Fitted", (chosen(Connection),), {"frames_type": chosen(FrameReader)})
    watch = type(
        "Fitted",
        (chosen(Watch),),
        {
            "connection_type": connection,
            "history_type": chosen(HistoryReader),
            "legs_type": chosen(Legs),
            "transcript_type": chosen(Transcript),
        },
    )
    return type("Fitted", (ReferenceReader,), {"api_type": chosen(Api), "budgets_type": chosen(Budgets), "watch_type": watch})


def _mutant(name: str, requirements: str, planted: str, origin: str, factory: type[ReferenceReader]) -> Mutant:
    ids = tuple(f"RD-{requirement}" for requirement in requirements.split())
    return Mutant(f"run-stream-{name}", "run-stream", "reader", ids, planted, origin, factory)


_REVIEW = "review of PostHog/code#2519"
_TESTS = "tests of the published reader"
_CODE = "source of the published reader"
_OLD = "the reader before it"
_OWN = "none: the requirement had no mutant"

_ASKING = (
    _mutant("url-raw-id", "URL-1", "ids are put into the URLs as they are", f"M1, {_REVIEW}", fitted(asking.PutsIdsInRaw)),
    _mutant(
        "url-slashes-kept", "URL-1", "the base of the proxy keeps its trailing slashes", f"M1, {_REVIEW}", fitted(asking.KeepsProxySlashes)
    ),
    _mutant("url-backend-slashes-kept", "URL-1", "the base of the backend keeps its trailing slashes", _OWN, asking.KeepsBackendSlashes),
    _mutant("url-one-slash-removed", "URL-1", "one trailing slash of the backend's base is removed, not all", _OWN, asking.RemovesOneSlash),
    _mutant("url-prefix-lost", "URL-1", "the path prefix of the proxy's base is lost", _OWN, fitted(asking.RemovesPrefix)),
    _mutant("url-reserved-kept", "URL-1", "reserved characters of ids are not encoded", _OWN, asking.KeepsReservedCharacters),
    _mutant(
        "url-task-raw",
        "URL-1",
        "the task id is encoded in the stream's URL only",
        f"M1, {_CODE}",
        fitted(asking.EncodesIdsForTheStreamOnly),
    ),
    _mutant("session-to-proxy", "AUTH-1", "the proxy is shown the session, too, as a cookie", _OWN, fitted(asking.ShowsSessionToProxy)),
    _mutant("token-in-query", "AUTH-1", "the token of the run stands in the URL", _OWN, fitted(asking.PutsTokenInQuery)),
    _mutant("token-to-backend", "AUTH-1", "the backend's stream is asked for with the run token", _OWN, fitted(asking.ShowsTokenToBackend)),
    _mutant("token-logged", "AUTH-1", "a log line names the token", _OWN, fitted(asking.LogsToken)),
    _mutant(
        "token-failure-kept",
        "TOK-1",
        "a stream_token of 503 is kept as an older backend",
        f"M24, {_TESTS}",
        fitted(asking.KeepsPassingFailure),
    ),
    _mutant(
        "token-old-backend-asked-again",
        "TOK-1",
        "a stream_token of 404 is asked for again at every reconnect",
        f"M25, {_TESTS}",
        fitted(asking.AsksOldBackendAgain),
    ),
    _mutant("token-asked-always", "TOK-1", "stream_token is asked for at every connect", _OWN, fitted(asking.AsksAlways)),
    _mutant("unauthorised-fatal", "TOK-1", "a 401 of the proxy is an error", f"M26, {_TESTS}", fitted(asking.TakesUnauthorisedForRefused)),
    _mutant(
        "unauthorised-uncounted",
        "TOK-1 BACK-1",
        "a 401 of the proxy asks again and counts no attempt, for ever",
        f"M26, {_TESTS}",
        fitted(asking.CountsNoUnauthorised),
    ),
    _mutant("unauthorised-token-kept", "TOK-1", "a token that got a 401 is used again", _OWN, fitted(asking.KeepsRefusedToken)),
    _mutant("latest-with-cursor", "RES-1", "every connect asks for start=latest", _OWN, fitted(asking.AsksForLatestToo)),
    _mutant("no-cursor", "RES-1", "a reconnect carries no Last-Event-ID", _OWN, fitted(asking.AlwaysBeginsAtNewest)),
    _mutant("cursor-stays", "RES-1", "the cursor is the first id, not the last", _OWN, fitted(asking.CursorStays)),
    _mutant("cursor-crosses-legs", "RES-2", "a change of leg keeps the cursor", f"M27, {_TESTS}", fitted(asking.CursorCrossesLegs)),
    _mutant("retry-keeps-cursor", "RETRY-1", "retry goes on from the cursor of before", f"M35, {_CODE}", asking.RetriesWithOldCursor),
    _mutant("retry-ignored", "RETRY-1", "retry does nothing", _OWN, asking.RetriesNothing),
)

_TRANSCRIPT = (
    _mutant(
        "no-tail", "LOSS-1", "what comes between the history and the stream's beginning is not read", _OWN, fitted(transcript.ReadsNoTail)
    ),
    _mutant(
        "tail-too-early",
        "LOSS-1",
        "the tail of the history is read when the stream is asked for, not when it is open",
        _OWN,
        fitted(transcript.ReadsTailBeforeTheStream),
    ),
    _mutant("held-lost", "LOSS-1", "live entries from before the snapshot are thrown away", _OWN, fitted(transcript.LosesWhatWasHeld)),
    _mutant(
        "set-for-multiset",
        "LOSS-1",
        "an entry of the history cancels every live entry of equal content",
        f"M32, {_CODE}",
        fitted(transcript.CancelsAsASet),
    ),
    _mutant("no-dedup", "DUP-1", "live entries are not compared with the history", f"M32, {_CODE}", fitted(transcript.CancelsNothing)),
    _mutant(
        "dedup-buffer-only",
        "DUP-1",
        "only what came before the snapshot is compared with the history",
        _CODE,
        fitted(transcript.CancelsOnlyWhatWasHeld),
    ),
    _mutant("no-seen-ids", "DUP-1", "an event that comes again with its id is told again", f"M33, {_CODE}", fitted(transcript.KnowsNoIds)),
    _mutant(
        "seen-over-legs",
        "LOSS-1",
        "what was seen is kept over a change of leg, by the number in the id, so that new events count as seen",
        f"M33, {_CODE}",
        fitted(asking.NumbersAreIds),
    ),
    _mutant(
        "old-backend-tail-lost",
        "LOSS-1",
        "an older backend's run that is over is not read to its end",
        _CODE,
        fitted(transcript.ReadsNoLastHistory),
    ),
    _mutant("logs-before-snapshot", "ORD-1", "live entries are told before the snapshot", _OWN, fitted(transcript.DoesNotHold)),
    _mutant("logs-backwards", "ORD-1", "the entries of one note are told newest first", _OWN, fitted(transcript.ToldBackwards)),
    _mutant("total-of-logs", "ORD-1", "the total counts the logs without the snapshot", _OWN, fitted(transcript.CountsLogsOnly)),
    _mutant("first-page-only", "SNAP-1", "the snapshot is the first page of the history", _OWN, fitted(transcript.ReadsFirstPageOnly)),
    _mutant("pages-overlap", "SNAP-1", "a page begins with the last entry of the page before", _OWN, fitted(transcript.PagesOverlap)),
    _mutant("pages-apart", "SNAP-1", "an entry between two pages is skipped", _OWN, fitted(transcript.SkipsBetweenPages)),
    _mutant("history-failed-empty", "SNAP-1", "a history that fails is an empty one", _OWN, fitted(transcript.TakesNoAnswerForNoHistory)),
    _mutant("late-history-only", "SUB-1", "a later subscriber is shown the first snapshot", _OWN, fitted(transcript.ShowsHistoryOnly)),
    _mutant("late-ignored", "SUB-1", "a later subscriber is shown nothing", _OWN, fitted(transcript.IgnoresLaterSubscribers)),
    _mutant(
        "late-shown-twice",
        "SUB-1 DUP-1",
        "what waits is shown to a later subscriber and then told",
        _OWN,
        fitted(transcript.ShowsLogsTwice),
    ),
    _mutant("unwatch-connected", "CLOSE-1", "unwatch leaves the stream open", _OWN, transcript.KeepsConnection),
    _mutant("unwatch-ignored", "CLOSE-1", "unwatch does nothing", _OWN, transcript.GoesOnTelling),
    _mutant("unwatch-tells-rest", "CLOSE-1", "what waited to be told is told after unwatch", _OWN, fitted(ends.TellsWhatWaits)),
)

_FRAMES = (
    _mutant(
        "utf8-split", "PARSE-1", "each piece of the bytes is decoded on its own", _OWN, fitted(frames.frames_with(frames.DecodesEachPiece))
    ),
    _mutant(
        "line-split", "PARSE-1", "a line ends where a piece of the bytes ends", _OWN, fitted(frames.frames_with(frames.TakesPiecesForLines))
    ),
    _mutant(
        "lf-only",
        "PARSE-1 RES-1",
        "a line ends at LF, and a CR before it belongs to the line",
        _OWN,
        fitted(frames.frames_with(frames.KnowsOnlyLf)),
    ),
    _mutant(
        "bom-loses-frame",
        "PARSE-1",
        "a byte order mark spoils the first frame",
        _OWN,
        fitted(frames.frames_with(frames.DropsFrameWithByteOrderMark)),
    ),
    _mutant(
        "space-needed",
        "PARSE-1 RES-1",
        "a field without a space behind its colon is no field",
        _OWN,
        fitted(frames.frames_with(frames.NeedsTheSpace)),
    ),
    _mutant(
        "last-data-line", "PARSE-1", "of several data lines the last one counts", _OWN, fitted(frames.frames_with(frames.KeepsLastDataLine))
    ),
    _mutant("any-json", "PARSE-1", "data that is JSON but no object is an event", _OWN, fitted(frames.TakesAnyJson)),
    _mutant("unknown-emitted", "CTL-1", "frames with names nobody knows are events", _OWN, fitted(frames.ReadsAnyName)),
    _mutant("rotation-emitted", "CTL-1", "a rotation is told as a log entry", _OWN, fitted(frames.EmitsRotations)),
    _mutant("end-emitted", "CTL-1", "the end of the stream is told as a log entry", _OWN, fitted(frames.EmitsEnd)),
    _mutant("keepalive-emitted", "KA-1 CTL-1", "keepalives are told as log entries", f"M30, {_OLD}", fitted(frames.EmitsKeepalives)),
    _mutant("keepalive-is-data", "KA-1", "a keepalive takes back every budget", f"M30, {_OLD}", fitted(ends.TakesKeepaliveForEvent)),
    _mutant("keepalive-ignored", "KA-1 BACK-1", "a keepalive does not take back the failures", _OWN, fitted(ends.IgnoresKeepalives)),
    _mutant(
        "keepalive-moves-cursor",
        "KA-1",
        "the id of a keepalive moves the cursor",
        _OWN,
        fitted(frames.ReadsIdOfKeepalives, frames.CursorMovesWithoutEvent),
    ),
    _mutant(
        "cursor-of-half-frame",
        "RES-1 LOSS-1",
        "the cursor moves when the line of the id is there, before the frame is whole",
        "M34",
        fitted(frames.CursorMovesWithIdLine),
    ),
    _mutant(
        "cursor-of-bad-data",
        "RES-1 PARSE-1",
        "the id of data that is no JSON object moves the cursor",
        "M34",
        fitted(frames.ReadsIdOfBadFrames, frames.CursorMovesWithoutEvent),
    ),
    _mutant("error-emitted", "CTL-1", "an error frame is told as a log entry", _OWN, fitted(frames.EmitsErrors)),
    _mutant(
        "error-loses-batch", "ERR-1", "an error frame throws away what was to be told", f"M36, {_OLD}", fitted(frames.LosesBatchOnError)
    ),
    _mutant("error-fatal", "ERR-1", "an error frame ends the watch", _OWN, fitted(frames.GivesUpOnError)),
    _mutant(
        "error-is-failure", "ERR-1 KA-1", "error frames and failed connections share one budget", _OWN, fitted(frames.TakesErrorForFailure)
    ),
)

_ENDS = (
    _mutant(
        "backoff-old", "BACK-1", "pauses begin at four times the base and double at once", f"M31, {_OLD}", fitted(ends.GrowsFromTheFirst)
    ),
    _mutant("backoff-none", "BACK-1", "a reconnect comes at once", _OWN, fitted(ends.NeverPauses)),
    _mutant("backoff-none-clean", "BACK-1", "a reconnect behind a clean end comes at once", _OWN, fitted(ends.NeverPausesAfterCleanEnd)),
    _mutant("backoff-unbounded", "BACK-1", "pauses double without a bound", _OWN, fitted(ends.PausesGrowWithoutBound)),
    _mutant("backoff-gives-up-early", "BACK-1", "the ninth failure is an error", _OWN, fitted(ends.OneAttemptTooFew)),
    _mutant("open-resets-attempts", "BACK-1", "an opened connection takes back the failures", _OWN, fitted(ends.OpenedIsWell)),
    _mutant("failed-for-good", "BACK-1", "the error behind the tenth failure may not be retried", _OWN, fitted(ends.FailsForGood)),
    _mutant("clean-ends-uncounted", "BACK-2", "clean ends count in no budget", f"M29, {_OLD}", fitted(ends.CountsNoCleanEnds)),
    _mutant("never-rebuilds", "BACK-2", "the error comes without a new bootstrap", _OWN, fitted(ends.NeverRebuilds)),
    _mutant("rebuilds-for-ever", "BACK-2", "each 30 reconnects are followed by a new bootstrap", _OWN, fitted(ends.RebuildsForEver)),
    _mutant("no-idle-timeout", "IDLE-1", "a silent connection is kept", _OWN, fitted(ends.WaitsForEver)),
    _mutant("idle-until-open", "IDLE-1", "a connection that falls silent once it is open is kept", _OWN, fitted(ends.WaitsForEverOnceOpen)),
    _mutant("end-reconnects", "END-1", "stream-end is no end", _OWN, fitted(ends.ConnectsBehindTheEnd)),
    _mutant("end-cut-reconnects", "END-1", "a connection that is cut behind stream-end is replaced", _OWN, fitted(ends.TakesCutForNoEnd)),
    _mutant(
        "end-waits-for-eof", "END-1", "behind stream-end the end of the connection is waited for, for ever", _OWN, fitted(ends.WaitsForEof)
    ),
    _mutant("end-unrepaired", "END-1", "the final status is the last that the stream told", _OWN, fitted(ends.RepairsNothing)),
    _mutant("end-status-twice", "END-1", "the final status is told twice", _OWN, fitted(ends.TellsEndTwice)),
    _mutant("end-status-missing", "END-1", "the final status is not told", _OWN, fitted(ends.TellsNoFinalStatus)),
    _mutant(
        "terminal-status-ends",
        "END-2",
        "behind each lost connection the status is asked for, and a terminal one is the end",
        f"M28, {_REVIEW}",
        fitted(ends.StopsAtTerminalStatus),
    ),
    _mutant(
        "terminal-event-ends", "END-2", "a terminal state event and a lost connection are the end", _OWN, fitted(ends.StopsAtTerminalEvent)
    ),
    _mutant("clean-end-ends", "END-2", "an answer that ends whole is the end of the run", _OWN, fitted(ends.TakesCleanEndForTheEnd)),
    _mutant("status-before-logs", "ORD-1", "the final status is told before the last logs", "M37", fitted(ends.TellsStatusBeforeLogs)),
    _mutant("terminal-at-once", "ORD-1", "a terminal status is told when it is known", f"M37, {_OLD}", fitted(ends.TellsTerminalAtOnce)),
    _mutant(
        "end-without-snapshot",
        "BOOT-1",
        "stream-end during the bootstrap stops it at once",
        f"M2, {_REVIEW}",
        fitted(ends.EndsWithoutSnapshot),
    ),
    _mutant("end-forgotten", "BOOT-1", "stream-end during the bootstrap is forgotten", _OWN, fitted(ends.ForgetsEarlyEnd)),
)

READER_MUTANTS: tuple[Mutant, ...] = (*_ASKING, *_TRANSCRIPT, *_FRAMES, *_ENDS)
