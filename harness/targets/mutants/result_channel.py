"""The table of planted bugs of the role ``agent`` of ``result-channel``. M-A numbers are rows of the contract's own list of mutants."""

from __future__ import annotations

from ..references.result_channel.agent import ReferenceAgent
from . import result_channel_acks as acks
from . import result_channel_sessions as sessions
from . import result_channel_tasks as tasks
from .base import Mutant
from .result_channel_fitting import agent_with, execution_with, session_with


def _mutant(name: str, requirements: str, planted: str, origin: str, factory: type[ReferenceAgent]) -> Mutant:
    ids = tuple(f"WSR-{requirement}" for requirement in requirements.split())
    return Mutant(f"result-channel-{name}", "result-channel", "agent", ids, planted, origin, factory)


_OWN = "none: the requirement had no mutant"

AGENT_MUTANTS: tuple[Mutant, ...] = (
    # signing and envelopes
    _mutant("signed-once", "AUTH-1", "the headers of the first request are used for all", _OWN, agent_with(signer=sessions.SignsOnce)),
    _mutant("nonce-counted", "AUTH-1", "the nonce begins at 1 again after a restart", _OWN, agent_with(signer=sessions.CountsNonces)),
    _mutant("nonce-unsigned", "AUTH-1", "the nonce is no part of what is signed", _OWN, agent_with(signer=sessions.SignsWithoutNonce)),
    _mutant("timestamp-in-milliseconds", "AUTH-1", "the timestamp is in milliseconds", _OWN, agent_with(signer=sessions.TellsMilliseconds)),
    _mutant("ids-counted", "ENV-1", "message ids begin at 1 again after a restart", _OWN, agent_with(outbox=acks.CountsIds)),
    _mutant("sent-at-missing", "ENV-1", "a final does not tell when it was sent", _OWN, session_with(pump=sessions.LeavesOutSentAt)),
    _mutant("bytes-in-characters", "SEQ-5", "`byte_count` counts characters", _OWN, agent_with(outbox=acks.CountsBytesInCharacters)),
    _mutant("frames-spliced", "CONN-1", "two frames are written into each other", "M-A27", session_with(pump=sessions.SplicesFrames)),
    _mutant("invalid-ignored", "ENV-2", "an invalid frame is passed over", _OWN, session_with(sessions.IgnoresInvalidFrames)),
    _mutant("frames-of-others", "ENV-2", "frames for another agent are obeyed", _OWN, session_with(sessions.ReadsFramesOfOthers)),
    # hello
    _mutant("hello-twice", "HELLO-1", "a second hello follows the answer", _OWN, session_with(sessions.GreetsTwice)),
    _mutant("hello-second", "HELLO-1", "what runs is told before the hello", _OWN, session_with(sessions.TellsWhatRunsFirst)),
    _mutant(
        "replay-before-answer",
        "HELLO-2",
        "the replay begins right behind the hello",
        "M-A07",
        session_with(sessions.ReplaysBeforeTheAnswer),
    ),
    _mutant("any-hello-ack", "HELLO-3", "any hello_ack makes the session active", "M-A08", session_with(sessions.TakesAnyHelloAck)),
    _mutant("finals-unlisted", "HELLO-4", "the hello lists no finals", "M-A33", session_with(hello=sessions.ListsNoFinals)),
    _mutant("range-too-short", "HELLO-4", "a listed range ends one too early", _OWN, session_with(hello=sessions.ListsOneRange)),
    # acks
    _mutant(
        "removed-on-write",
        "ACK-1 HELLO-4 FIN-3",
        "a message is removed when it is written",
        "M-A01",
        session_with(pump=acks.RemovesOnWrite),
    ),
    _mutant("ack-cumulative", "ACK-2", "an ack removes all that is older", "M-A02", agent_with(outbox=acks.AcknowledgesAllBefore)),
    _mutant(
        "ack-by-sequence", "ACK-2", "an ack removes that sequence of every stream", "M-A03", agent_with(outbox=acks.AcknowledgesBySequence)
    ),
    _mutant(
        "ack-of-nothing", "ACK-2", "an unknown ack removes the oldest message", _OWN, agent_with(outbox=acks.AcknowledgesWhatIsUnknown)
    ),
    _mutant("ack-ignored", "ACK-1", "acknowledged output is kept", _OWN, agent_with(outbox=acks.KeepsAcknowledged)),
    # replay
    _mutant(
        "replay-renamed", "SEQ-2 RPL-1", "what is replayed gets new message ids", "M-A04", session_with(replay=acks.ReplaysUnderNewIds)
    ),
    _mutant("replay-renumbered", "SEQ-1 SEQ-2", "what is replayed is numbered from 1", "M-A05", session_with(replay=acks.ReplaysFromOne)),
    _mutant("replay-backwards", "RPL-1", "the newest is replayed first", "M-A09", session_with(replay=acks.ReplaysBackwards)),
    _mutant("replay-finals-first", "RPL-1", "finals are replayed before output", "M-A09", session_with(replay=acks.ReplaysFinalsFirst)),
    _mutant("replay-without-finals", "RPL-1", "finals are not replayed", _OWN, session_with(replay=acks.ReplaysOutputOnly)),
    _mutant("empty-as-absent", "RPL-2", "empty directives are taken for none", "M-A32", session_with(replay=acks.TakesEmptyForAbsent)),
    _mutant("absent-as-empty", "RPL-1", "no directives are taken for empty ones", "M-A32", session_with(replay=acks.TakesAbsentForEmpty)),
    _mutant(
        "directive-excluded",
        "RPL-2",
        "a directive is obeyed from one row too late",
        _OWN,
        session_with(replay=acks.ReplaysOnePastTheDirective),
    ),
    _mutant(
        "finals-kept", "RPL-2", "finals that a hello_ack acknowledges are kept", _OWN, session_with(replay=acks.KeepsFinalsOfDirective)
    ),
    _mutant(
        "meanwhile-forgotten",
        "RPL-3",
        "what came between hello and hello_ack waits for the next session",
        _OWN,
        session_with(replay=acks.ForgetsWhatCameMeanwhile),
    ),
    # errors
    _mutant("retryable-closes", "ERR-1", "a retryable error closes the connection", "M-A10", session_with(sessions.ClosesOnRetryable)),
    _mutant("retryable-deletes", "ERR-1", "a retryable error deletes its message", "M-A11", session_with(sessions.DeletesOnRetryable)),
    _mutant("gap-from-accepted", "ERR-2", "a gap is filled from h on", "M-A12", session_with(repairs=sessions.FillsFromTheAccepted)),
    _mutant("gap-from-second", "ERR-2", "a gap is filled from h+2 on", "M-A12", session_with(repairs=sessions.FillsFromTheSecond)),
    _mutant(
        "gap-refused-only", "ERR-2", "only the refused message is sent again", "M-A12", session_with(repairs=sessions.FillsWithTheNewest)
    ),
    _mutant("gap-both-streams", "ERR-2", "a gap is filled in both streams", "M-A13", session_with(repairs=sessions.FillsBothStreams)),
    _mutant("gap-backwards", "ERR-2", "a gap is filled from its end", _OWN, session_with(repairs=sessions.FillsBackwards)),
    _mutant(
        "gap-zero-absent", "ERR-2", "a highest sequence of 0 is taken for none", "M-A14", session_with(repairs=sessions.TakesZeroForAbsent)
    ),
    _mutant(
        "gap-for-ever",
        "ERR-6",
        "a gap that cannot be filled is answered for ever",
        _OWN,
        session_with(repairs=sessions.FillsWhateverIsLeft),
    ),
    _mutant("fatal-purges", "ERR-3", "a fatal error empties the outbox", "M-A15", session_with(sessions.PurgesOnFatal)),
    _mutant("fatal-ignored", "ERR-3", "a fatal error closes nothing", _OWN, session_with(sessions.StaysOnFatal)),
    _mutant(
        "retry-never",
        "ERR-4",
        "what was refused is not tried again",
        "hostlink ignores such errors",
        session_with(repairs=sessions.NeverTriesAgain),
    ),
    _mutant("retry-for-ever", "ERR-4", "what was refused is tried again for ever", _OWN, session_with(repairs=sessions.TriesForEver)),
    _mutant(
        "poison-unparked", "ERR-5", "what is refused for good is sent by every session", _OWN, session_with(refusals=sessions.ParksNothing)
    ),
    # output
    _mutant("one-counter", "SEQ-1", "both streams draw from one counter", "M-A06", execution_with(publisher=acks.SharesOneCounter)),
    _mutant("newest-first", "SEQ-4", "the newest chunk is sent first", _OWN, session_with(pump=sessions.SendsNewestFirst)),
    _mutant(
        "flush-drops", "FLUSH-3 SEQ-3", "what cannot be sent at once is lost", "M-A16", execution_with(publisher=acks.DropsWithoutSession)
    ),
    _mutant(
        "flush-leaves-hole", "SEQ-1", "the same, and the sequence goes on", "M-A17", execution_with(publisher=acks.CountsWithoutSession)
    ),
    _mutant(
        "flush-twice",
        "SEQ-2 SEQ-3",
        "what cannot be sent at once is stored twice",
        "M-A18",
        execution_with(publisher=acks.StoresTwiceWithoutSession),
    ),
    _mutant(
        "interval-ignored", "FLUSH-1", "only the threshold and the end flush", "M-A19", execution_with(capture=acks.NeverFlushesByTime)
    ),
    _mutant(
        "threshold-ignored", "FLUSH-2", "only the interval and the end flush", "M-A20", execution_with(capture=acks.NeverFlushesBySize)
    ),
    _mutant("chunk-too-long", "FLUSH-2", "all that has come is one chunk", _OWN, execution_with(capture=acks.FlushesAllAtOnce)),
    _mutant("tail-lost", "SEQ-3", "what is left at the end is not flushed", "M-A21", execution_with(capture=acks.LosesTheTail)),
    _mutant("characters-halved", "SEQ-3 SEQ-5", "each read is decoded for itself", "M-A28", execution_with(capture=acks.DecodesEachRead)),
    # finals
    _mutant("final-in-memory", "FIN-3", "a final is not stored", "M-A22", agent_with(outbox=acks.StoresFinalsNowhere)),
    _mutant(
        "final-early",
        "FIN-1 SEQ-3 FIN-4",
        "the final is sent when the first stream ends",
        "M-A23",
        execution_with(tasks.EndsWithTheFirstStream),
    ),
    _mutant(
        "ended-and-interrupted", "FIN-2", "a restart interrupts what had ended", "M-A34", agent_with(runner=tasks.InterruptsWhatHadEnded)
    ),
    _mutant("failed-by-stderr", "FIN-4", "whoever writes to stderr has failed", _OWN, execution_with(tasks.FailsByStderr)),
    _mutant("exit-code-one", "FIN-4", "every failure is told as 1", _OWN, execution_with(tasks.TellsNoExitCode)),
    _mutant("signal-as-shell", "FIN-4", "a signal is told as 128 and its number", _OWN, execution_with(tasks.TellsTheSignal)),
    _mutant("report-completed", "FIN-4 FIN-2", "a report always says completed", _OWN, agent_with(reporter=tasks.ReportsAsIfCompleted)),
    _mutant("output-of-final-cut", "SEQ-3", "`output` of the final is what came last", _OWN, execution_with(tasks.TellsPartOfTheOutput)),
    # reports
    _mutant("report-always", "HTTP-2", "every final is reported as well", "M-A24", agent_with(life=tasks.ReportsAlways)),
    _mutant("report-never", "HTTP-1", "no final is reported", "M-A25", agent_with(reporter=tasks.ReportsNever)),
    _mutant(
        "stored-is-told",
        "HTTP-1",
        "a final that was stored without a session counts as told",
        "M-A26",
        agent_with(life=tasks.TakesStoredForTold),
    ),
    _mutant("report-once", "HTTP-1", "a report that fails is not tried again", _OWN, agent_with(reporter=tasks.GivesUpAtOnce)),
    _mutant(
        "report-after-200", "HTTP-1", "reports go on behind an answer of 200", _OWN, agent_with(reporter=tasks.ReportsUntilAcknowledged)
    ),
    _mutant("report-raw-id", "HTTP-1", "the id of a task is put into the URL as it is", _OWN, agent_with(reporter=tasks.PutsRawIds)),
    _mutant(
        "report-at-drop",
        "HTTP-2",
        "a report follows the end of a session at once, and the next one carries the final as well",
        _OWN,
        agent_with(reporter=tasks.ReportsWithTheSession),
    ),
    _mutant(
        "report-otherwise",
        "HTTP-3 FIN-4",
        "the report says something else than the socket",
        _OWN,
        agent_with(reporter=tasks.ReportsOtherwise),
    ),
    _mutant(
        "report-not-after-session", "HTTP-4", "what a session had is never reported", _OWN, agent_with(reporter=tasks.WaitsForTheSession)
    ),
    # deliveries
    _mutant("duplicate-runs", "DLV-1", "a duplicate of what was begun is begun again", "M-A29", agent_with(runner=tasks.RunsDuplicates)),
    _mutant(
        "old-way-forgotten",
        "DLV-1",
        "a task without attempt is forgotten when it ends",
        _OWN,
        agent_with(attempts=tasks.KnowsNothingOfTheOldWay),
    ),
    _mutant("begun-again", "DLV-1", "a restart begins anew what ran", _OWN, agent_with(runner=tasks.RunsAgainAfterRestart)),
    _mutant(
        "receipt-not-queued", "DLV-2", "a restart does not queue what was received", "M-A30", agent_with(runner=tasks.ForgetsWhatWaits)
    ),
    _mutant("queue-of-session", "DLV-2", "what waits is lost with the session", _OWN, agent_with(life=tasks.ForgetsWithTheSession)),
    _mutant("discard-ignored", "DLV-3", "discarded attempts are executed", _OWN, agent_with(attempts=tasks.ObeysNoDiscard)),
    _mutant(
        "run-before-answer", "DLV-3", "what a hello lists is begun before its answer", _OWN, agent_with(runner=tasks.RunsBeforeTheAnswer)
    ),
    # connections
    _mutant("backoff-kept", "CONN-2", "the pause before a dial never shrinks", "M-A31", session_with(backoff=sessions.NeverRecovers)),
    _mutant(
        "dead-unnoticed", "CONN-3", "a silent peer is waited for", "hostlink has no read deadline", session_with(sessions.NeverLooksForLife)
    ),
    _mutant(
        "reading-waits",
        "CONN-4",
        "nothing is read while something waits to be written",
        _OWN,
        session_with(sessions.AnswersWithinTheReader),
    ),
    _mutant("polls-always", "POLL-1", "a delivering session does not end polling", _OWN, agent_with(poller=tasks.PollsAlways)),
    _mutant("polls-never-again", "POLL-1", "after a delivering session nothing is polled", _OWN, agent_with(poller=tasks.PollsNeverAgain)),
    _mutant("polls-at-once", "POLL-1", "polling begins with the end of a session", _OWN, agent_with(poller=tasks.PollsAtOnce)),
    _mutant(
        "polls-by-own-switch",
        "POLL-1",
        "what a hello_ack says about delivery is ignored",
        _OWN,
        agent_with(poller=tasks.PollsByItsOwnSwitch),
    ),
)
