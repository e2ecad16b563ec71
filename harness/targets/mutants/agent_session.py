"""The table of planted bugs of the role ``runner`` of ``agent-session``."""

from __future__ import annotations

from ..references.agent_session.api import SessionApi
from ..references.agent_session.application import Application
from ..references.agent_session.clean_up import CleanUp
from ..references.agent_session.listing import Listing
from ..references.agent_session.observer import Observer
from ..references.agent_session.run import Run
from ..references.agent_session.runner import ReferenceRunner
from ..references.agent_session.transcript import Transcript
from ..references.sse_parser import SseParser
from . import agent_session_clean_up as clean_ups
from . import agent_session_events as events
from . import agent_session_run as runs
from . import agent_session_stream as streams
from . import sse_reader_parsing as parsing
from .base import Mutant


def fitted(
    run: type[Run] = Run,
    *,
    observer: type[Observer] = Observer,
    transcript: type[Transcript] | None = None,
    listing: type[Listing] = Listing,
    parser: type[SseParser] = SseParser,
    clean_up: type[CleanUp] = CleanUp,
    api: type[SessionApi] = SessionApi,
    application: type[Application] = Application,
) -> type[ReferenceRunner]:
    """The reference with some of its parts exchanged."""

    class FittedObserver(observer):  # type: ignore[valid-type, misc]  # the base is an argument
        listing_type = listing
        transcript_type = transcript or Transcript
        parser_type = parser

    class FittedRun(run):  # type: ignore[valid-type, misc]  # the base is an argument
        observer_type = FittedObserver
        clean_up_type = clean_up

    class Fitted(ReferenceRunner):
        api_type = api
        application_type = application
        run_type = FittedRun

    return Fitted


def _mutant(name: str, requirements: str, planted: str, factory: type[ReferenceRunner], origin: str = "") -> Mutant:
    ids = tuple(f"SES-{requirement}" for requirement in requirements.split())
    return Mutant(f"agent-session-{name}", "agent-session", "runner", ids, planted, origin or f"the requirement {ids[0]}", factory)


RUNNER_MUTANTS: tuple[Mutant, ...] = (
    # whether it is over
    _mutant(
        "status-is-enough",
        "COMPLETE-2",
        "a terminal status completes the run with what the list shows",
        fitted(observer=events.BelievesTheStatus),
        "M-B01",
    ),
    _mutant("message-is-enough", "COMPLETE-1", "a message completes the run", fitted(transcript=events.BelievesMessages), "M-B02"),
    _mutant(
        "partial-result",
        "COMPLETE-1 COMPLETE-2",
        "after some listings without an end, what they show is emitted",
        fitted(observer=events.GivesUpWaiting),
        "M-B18",
    ),
    _mutant("any-idle", "COMPLETE-3", "any idle that is listed completes the run", fitted(transcript=events.TakesAnyIdle), "M-B23"),
    _mutant(
        "idle-before", "COMPLETE-3", "the idle of the beginning completes the run", fitted(transcript=events.TakesTheIdleBefore), "M-B23"
    ),
    _mutant(
        "resumption-ignored",
        "COMPLETE-3",
        "an idle that running follows completes the run",
        fitted(transcript=events.IgnoresResumption),
        "M-B23",
    ),
    _mutant("prompt-twice", "COMPLETE-3", "a prompt that is not answered is sent again", fitted(runs.PromptsTwice)),
    _mutant(
        "stop-reason-ignored",
        "COMPLETE-4",
        "why a session is idle is not looked at",
        fitted(transcript=events.IgnoresTheStopReason),
        "M-B24",
    ),
    _mutant("blocked-deleted", "COMPLETE-4", "a session that waits for an action is deleted at once", fitted(runs.DeletesTheBlocked)),
    # messages
    _mutant(
        "last-message-alone",
        "COMPLETE-1 LAST-1",
        "of the messages only the last is kept",
        fitted(transcript=events.KeepsTheLastMessage),
        "M-B03",
    ),
    _mutant("newest-first", "COMPLETE-1", "messages stand in the order of the list", fitted(transcript=events.KeepsTheListsOrder), "M-B04"),
    _mutant("alias-unknown", "COMPLETE-1", "assistant.message is no message", fitted(transcript=events.KnowsNoAlias), "M-B27"),
    _mutant("first-block", "COMPLETE-1", "of a message only the first block is read", fitted(transcript=events.KeepsTheFirstBlock)),
    _mutant("texts-trimmed", "COMPLETE-1", "white space around texts is taken away", fitted(transcript=events.TrimsTexts)),
    _mutant("blanks-kept", "COMPLETE-1", "a blank message is a message", fitted(transcript=events.KeepsBlankMessages)),
    _mutant("twins-dropped", "COMPLETE-1", "two messages of the same words are one", fitted(transcript=events.DropsTwins)),
    _mutant(
        "no-backfill", "COMPLETE-1", "messages from before the stream are not fetched", fitted(transcript=events.StreamsAlone), "M-B14"
    ),
    _mutant(
        "late-list-taken",
        "COMPLETE-1",
        "behind a streamed end the list is taken as it is, late or not",
        fitted(transcript=events.BelievesTheStream),
    ),
    _mutant("both-kept", "COMPLETE-1", "what was streamed and is listed is there twice", fitted(transcript=events.TakesBoth), "M-B17"),
    _mutant("stream-discarded", "COMPLETE-1 TIMEOUT-1", "the polls begin with nothing", fitted(streams.ForgetsWhatWasStreamed), "M-B17"),
    _mutant(
        "stream-overwritten",
        "COMPLETE-1 SSE-1",
        "what the list does not show is forgotten",
        fitted(transcript=events.ForgetsTheStream),
        "M-B17",
    ),
    _mutant(
        "stream-behind",
        "COMPLETE-1",
        "what only the stream has brought stands behind the rest",
        fitted(transcript=events.PutsTheStreamBehind),
    ),
    _mutant("first-is-last", "LAST-1", "last_message is the first one", fitted(runs.EmitsTheFirstForTheLast)),
    _mutant("poll-without-last", "LAST-1", "a run that polled has no last_message", fitted(runs.PollsWithoutALast)),
    _mutant(
        "poll-without-messages",
        "LAST-1 COMPLETE-1",
        "a run that polled has a last_message only",
        fitted(runs.PollsWithoutMessages),
        "superplane 94e7ee4b44",
    ),
    # the end
    _mutant("no-guard", "END-1", "a hook that is fired twice runs twice", fitted(runs.HasNoGuard), "M-B09"),
    _mutant("emit-twice", "END-1", "behind the DELETE the result is emitted again", fitted(runs.EmitsTwice)),
    _mutant("failure-emitted", "END-1", "a failure is emitted, and fails", fitted(runs.EmitsBeforeItFails)),
    _mutant("failed-emit-told", "END-1", "an emit that failed was told all the same", fitted(application=runs.SplitsTheEmit)),
    _mutant("cancel-ignored", "END-1", "a hook goes on behind cancel", fitted(runs.OutlivesItsCancellation)),
    _mutant("cancel-fails", "END-1", "a cancelled run fails behind the reply", fitted(runs.FailsWhenCancelled)),
    _mutant(
        "session-ended-first",
        "END-2 DEL-4",
        "metadata and DELETE before the emit; a poll that finds them does nothing",
        fitted(runs.EndsTheSessionFirst),
        "M-B08",
    ),
    _mutant("deleted-first", "END-2 DEL-4", "the DELETE comes before the emit", fitted(runs.DeletesFirst), "M-B08"),
    _mutant("stored-first", "END-2", "terminal metadata before the emit", fitted(runs.StoresFirst), "M-B08"),
    _mutant("emit-fails-the-run", "END-2", "an emit that fails fails the run", fitted(runs.FailsWithItsEmit)),
    _mutant("emit-empty-again", "END-2", "a later emit has no messages", fitted(runs.EmitsLessAgain)),
    _mutant("metadata-running", "END-3", "behind the emit the metadata say running", fitted(runs.StoresRunning), "M-B11"),
    _mutant("metadata-missing", "END-3", "behind the emit no metadata are stored", fitted(runs.StoresNothing), "M-B11"),
    _mutant("always-idle", "END-3", "terminated is emitted as idle", fitted(runs.CallsItIdle)),
    _mutant("status-told", "END-3", "the status of the session is emitted, not that of its last event", fitted(runs.EmitsTheToldStatus)),
    _mutant("timeout-before-read", "END-3", "the last poll is a time-out before it reads", fitted(runs.LooksAtTheClockFirst), "M-B21"),
    _mutant("timeout-early", "END-3", "after fifty polls a run is a time-out", fitted(runs.TimesOutEarly)),
    _mutant("requests-unbounded", "END-4", "no request has a time limit", fitted(api=streams.WaitsForEver), "M-B10"),
    _mutant("stream-unbounded", "END-4", "a stream is read as long as it is open", fitted(observer=streams.NeverGivesUp), "M-B10"),
    _mutant("polls-too-many", "END-4", "a session that never ends is polled four hundred times", fitted(runs.PollsTwiceAsOften)),
    _mutant(
        "stale-metadata",
        "END-4",
        "the hook of the stream finds no session, and does nothing",
        fitted(streams.StreamsAStaleSession),
        "M-B12",
    ),
    _mutant("stream-failure-fatal", "END-5", "a stream that cannot be opened fails the run", fitted(streams.DiesWithTheStream), "M-B13"),
    _mutant(
        "end-is-completion", "END-5", "a stream that ends has completed the run", fitted(observer=streams.TakesTheEndForCompletion), "M-B16"
    ),
    _mutant(
        "timeout-is-completion",
        "END-5 TIMEOUT-1",
        "a time-out of the stream completes the run",
        fitted(observer=streams.TakesATimeoutForCompletion),
        "M-B15",
    ),
    _mutant("rest-undone", "END-5 END-4", "behind a stream that breaks off nothing is scheduled", fitted(streams.LeavesTheRestUndone)),
    _mutant("never-looks-back", "END-6", "what was before the stream is not looked for", fitted(observer=streams.NeverLooksBack)),
    # the session
    _mutant("session-left", "DEL-1", "a finished session is not deleted", fitted(clean_ups.LeavesTheSession), "M-B19"),
    _mutant("timed-out-left", "DEL-1", "a session that was given up is not deleted", fitted(clean_ups.LeavesWhatTimedOut), "M-B19"),
    _mutant("failed-left", "DEL-1", "the session of a failed run is not deleted", fitted(clean_ups.LeavesWhatFailed)),
    _mutant("prompt-failed-left", "DEL-1", "a session whose prompt was not taken is not deleted", fitted(runs.LeavesAFailedPrompt)),
    _mutant("cancelled-left", "DEL-1", "a cancelled session is interrupted, not deleted", fitted(clean_ups.LeavesTheCancelled)),
    _mutant(
        "never-interrupted",
        "DEL-1",
        "a running session is deleted without an interrupt",
        fitted(clean_up=clean_ups.NeverInterrupts),
        "M-B20",
    ),
    _mutant("deleted-once", "DEL-1", "a DELETE that is refused is not tried again", fitted(clean_up=clean_ups.DeletesOnce), "M-B20"),
    _mutant("delete-fails-the-run", "DEL-2 END-1", "a DELETE that fails fails the run", fitted(clean_ups.FailsWithTheDelete)),
    _mutant("delete-stored", "DEL-2", "a DELETE that fails is stored as an error", fitted(clean_ups.StoresTheFailedDelete)),
    _mutant("persistence-ignored", "DEL-3", "a session that is to persist is deleted", fitted(clean_ups.DeletesThePersistent)),
    _mutant("cancelled-kept", "DEL-3", "a session that is to persist survives cancel", fitted(clean_ups.KeepsTheCancelled)),
    _mutant("gone-looked-up", "DEL-4", "behind the DELETE the status is read", fitted(clean_up=clean_ups.LooksWhetherItIsGone)),
    _mutant("cancelled-listed", "DEL-4", "behind the DELETE of a cancelled session it is listed", fitted(clean_ups.PollsOnBehindTheDelete)),
    # schedules and transactions
    _mutant("stream-at-once", "SCHED-1", "the stream is scheduled without delay", fitted(runs.StreamsWithoutDelay), "M-B06"),
    _mutant("refusal-forgotten", "SCHED-1 END-4", "a schedule that is refused is logged only", fitted(runs.ForgetsARefusedSchedule)),
    _mutant("refused-orphaned", "SCHED-1 DEL-1", "a schedule that is refused leaves the session", fitted(runs.OrphansARefusedSession)),
    _mutant("polls-even", "SCHED-2", "all delays are the first", fitted(runs.PollsEvenly)),
    _mutant("polls-uncapped", "SCHED-2", "delays have no upper bound", fitted(runs.PollsEverMoreSeldom)),
    _mutant("polls-start-over", "SCHED-2", "a good read sets the delay back", fitted(runs.StartsOver)),
    _mutant("polls-longer", "SCHED-2", "delays are a tenth too long", fitted(runs.Jitters)),
    _mutant("errors-add-up", "SCHED-2", "a good read does not forgive the errors before it", fitted(runs.NeverForgivesErrors), "M-B26"),
    _mutant("errors-uncounted", "SCHED-2 END-4", "errors are not counted", fitted(runs.NeverCountsErrors), "M-B26"),
    _mutant("errors-three", "SCHED-2", "three errors in a row end a run", fitted(runs.GivesUpEarly)),
    _mutant("transaction-held", "TX-1", "a hook lasts as long as its transaction", fitted(runs.HoldsATransaction), "M-B07"),
    _mutant("run-waits", "TX-2", "run lists until the session is over", fitted(runs.WaitsForTheResult), "M-B07"),
    _mutant("run-streams", "TX-2", "run reads the stream itself", fitted(runs.StreamsAtOnce), "M-B07"),
    # errors
    _mutant("errors-ignored", "ERR-1", "session.error is ignored", fitted(transcript=events.IgnoresErrors), "M-B22"),
    _mutant("errors-fatal", "ERR-1", "any session.error fails the run", fitted(transcript=events.TakesEveryErrorForFatal), "M-B22"),
    _mutant("complaint-lost", "ERR-1", "a failure does not say why", fitted(transcript=events.LosesTheComplaint)),
    _mutant(
        "idle-is-recovery",
        "ERR-2",
        "an idle behind an error is a recovery, even without a word",
        fitted(transcript=events.TakesAnyIdleForRecovery),
    ),
    _mutant("first-read-fatal", "ERR-3", "the first read has to succeed", fitted(runs.ReadsFirst)),
    _mutant("read-fatal", "ERR-3 SCHED-2", "every read has to succeed", fitted(runs.GivesUpAtOnce)),
    # pages
    _mutant(
        "first-page",
        "PAGE-1",
        "only the first page is read",
        fitted(listing=events.ReadsTheFirstPage, transcript=events.TakesAllForTheTurn),
        "M-B05",
    ),
    _mutant("pages-unordered", "PAGE-1 COMPLETE-1", "each page is put in order by itself", fitted(listing=events.TurnsEachPage)),
    _mutant("pages-cyclic", "PAGE-1", "a token that comes again is asked for again", fitted(listing=events.NeverStopsPaging)),
    _mutant("pages-overlap", "PAGE-1 COMPLETE-1", "what two pages show is there twice", fitted(listing=events.KeepsOverlaps)),
    _mutant(
        "failed-page-ends",
        "PAGE-1 COMPLETE-1",
        "a page that fails ends the list",
        fitted(listing=events.EndsAtAFailedPage, transcript=events.TakesAllForTheTurn),
    ),
    # the stream
    _mutant("space-needed", "SSE-1", "`data:` without a space is no data", fitted(parser=streams.NeedsTheSpace), "M-B25"),
    _mutant("cr-is-text", "SSE-1", "a lone CR ends no line", fitted(parser=parsing.TakesCrForText)),
    _mutant("last-line", "SSE-1", "of several data lines only the last is kept", fitted(parser=parsing.KeepsTheLastLine)),
    _mutant("bom-kept", "SSE-1", "a byte order mark belongs to the first line", fitted(parser=parsing.KeepsTheByteOrderMark)),
    _mutant("comment-ends", "SSE-1", "a comment ends the event it stands in", fitted(parser=parsing.EndsAtComments)),
    _mutant("characters-split", "SSE-1", "each piece of the body is decoded by itself", fitted(parser=parsing.SplitsCharacters)),
    _mutant("long-lines-skipped", "SSE-2", "a line of more than 1 MiB is passed over", fitted(parser=streams.TakesShortLines)),
    _mutant("long-lines-fatal", "SSE-2", "a line of more than 1 MiB fails the run", fitted(streams.DiesOfLongLines)),
    _mutant("general-timeout", "TIMEOUT-1", "a stream is ended after 30 s", fitted(observer=streams.HasAGeneralTimeout)),
)
