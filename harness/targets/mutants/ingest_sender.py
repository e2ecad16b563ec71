"""The table of planted bugs of the role ``sender`` of ``ingest``. M numbers are rows of the contract's own list of mutants."""

from __future__ import annotations

from ..references.ingest_buffer import EventBuffer
from ..references.ingest_peer import Peer
from ..references.ingest_sender import ReferenceSender
from ..references.ingest_upload import Upload
from . import ingest_sender_end as end
from . import ingest_sender_numbers as numbers
from . import ingest_sender_wire as wire
from .base import Mutant


def fitted(*, buffer: type[EventBuffer] = EventBuffer, upload: type[Upload] = Upload, peer: type[Peer] = Peer) -> type[ReferenceSender]:
    """The reference with one of its parts exchanged."""

    class Fitted(ReferenceSender):
        buffer_type = buffer
        upload_type = upload
        peer_type = peer

    return Fitted


def _mutant(name: str, requirements: str, planted: str, origin: str, factory: type[ReferenceSender]) -> Mutant:
    ids = tuple(f"ING-{requirement}" for requirement in requirements.split())
    return Mutant(f"ingest-{name}", "ingest", "sender", ids, planted, origin, factory)


_REVIEW = "review of PostHog/code#2110"
_TESTS = "tests of the published sender"
_OWN = "none: the requirement had no mutant"

SENDER_MUTANTS: tuple[Mutant, ...] = (
    # sizes and drops
    _mutant(
        "size-with-placeholder",
        "DROP-2",
        "an event is measured with a number of 16 digits instead of its own",
        f"M3, {_REVIEW}",
        fitted(buffer=numbers.MeasuresPlaceholder),
    ),
    _mutant(
        "size-in-characters",
        "DROP-2",
        "an event is measured in characters instead of bytes",
        "M4",
        fitted(buffer=numbers.MeasuresCharacters),
    ),
    _mutant(
        "size-limit-excluded", "DROP-2", "an event of exactly the limit is dropped", _OWN, fitted(buffer=numbers.RefusesTheLimitItself)
    ),
    _mutant(
        "number-before-drop",
        "DROP-1",
        "an event gets its number before it is dropped",
        f"M5, {_TESTS}",
        fitted(buffer=numbers.NumbersWhatItDrops),
    ),
    _mutant(
        "drop-oldest",
        "LOSS-1 ORD-2",
        "a full buffer drops its oldest event, which has a number; a 409 and its rebase hide the hole",
        "M6",
        fitted(buffer=numbers.DropsOldest),
    ),
    _mutant("drop-unlogged", "DROP-3", "dropped events are mentioned at level debug only", _OWN, numbers.MentionsDropsAtDebug),
    # the event of the caller
    _mutant(
        "app-data-removed-in-place",
        "PURE-1",
        "app data of an oversize event is removed from the caller's own object",
        f"M22, {_TESTS}",
        numbers.StripsTheCallersObject,
    ),
    _mutant(
        "app-data-always-removed",
        "DROP-2",
        "app data is removed although the event is within the limit",
        f"M22, {_TESTS}",
        numbers.StripsAlways,
    ),
    _mutant(
        "event-followed-later",
        "PURE-1",
        "an event is serialised when it is sent, not when it is handed over",
        _OWN,
        numbers.FollowsTheCaller,
    ),
    # sync
    _mutant("restart-at-one", "RST-1", "a sender never asks for the position and begins at 1", f"M13, {_TESTS}", numbers.NeverSyncs),
    _mutant("sync-by-any-answer", "SYNC-1", "a sync that fails is taken for one that said 0", _OWN, numbers.TakesAnyAnswerForSync),
    _mutant(
        "shift-on-every-sync",
        "ACK-1 ORD-2",
        "each sync, not only the first, moves all numbers up by the position",
        "M8, first version of the sender",
        numbers.ShiftsOnEverySync,
    ),
    _mutant(
        "resend-acknowledged",
        "ACK-1",
        "only the first sync releases what it covers, later ones do not",
        _OWN,
        numbers.ReleasesOnFirstSyncOnly,
    ),
    # after a lost answer
    _mutant(
        "renumber-after-failure",
        "IDEM-1",
        "after a failed upload the numbers begin at 1 again, without a sync",
        "M9",
        numbers.BeginsAnewAfterFailure,
    ),
    _mutant(
        "lost-answer-renumbered",
        "LOSS-1",
        "when an answer was lost and the retry is reset too, what is held is taken for new and gets new numbers",
        "the bug that needs exactly two faults",
        numbers.RenumbersAfterSecondReset,
    ),
    _mutant(
        "written-is-delivered", "LOSS-1", "what was written is released although its upload failed", _OWN, numbers.TakesWrittenForDelivered
    ),
    _mutant(
        "resend-serialised-again",
        "IDEM-1",
        "a line that is sent again is serialised by other means, with spaces",
        _OWN,
        fitted(buffer=numbers.SerialisesAgainToResend),
    ),
    # positions in answers
    _mutant(
        "position-of-failure-ignored",
        "ACK-2",
        "the position is read from answers of 2xx and 409 only",
        f"M12, {_TESTS}",
        numbers.IgnoresPositionOfFailure,
    ),
    _mutant(
        "conflict-is-fatal",
        "REB-1 LOSS-1",
        "a 409 is fatal for the event that it refused: it is thrown away",
        f"M10, {_TESTS}",
        numbers.ThrowsAwayOnConflict,
    ),
    _mutant(
        "rebase-keeps-accepted",
        "REB-1 LOSS-1",
        "a rebase does not first release what the same answer covers",
        f"M10, {_TESTS}",
        numbers.RebasesWhatIsAccepted,
    ),
    _mutant(
        "rebase-on-other-failures",
        "REB-2",
        "a 413 or 503 that carries a position rebases as a 409 does",
        "M11",
        numbers.RebasesOnOtherFailures,
    ),
    _mutant(
        "rebase-reverses",
        "ORD-2",
        "a rebase numbers what is held from the newest to the oldest",
        _OWN,
        fitted(buffer=numbers.RebasesBackwards),
    ),
    # addresses and headers
    _mutant("url-raw-id", "URL-1", "ids are put into the URL as they are", f"{_REVIEW} and #2519", fitted(peer=wire.PutsIdsInRaw)),
    _mutant("url-dots-collapsed", "URL-1", "an id of dots is collapsed as a dot segment", _OWN, fitted(peer=wire.CollapsesDots)),
    _mutant("url-all-slashes-removed", "URL-1", "all trailing slashes of the base are removed", _OWN, wire.StripsAllSlashes),
    _mutant("url-slash-kept", "URL-1", "the trailing slash of the base is kept, so that two follow each other", _OWN, wire.KeepsSlash),
    _mutant(
        "redirect-followed",
        "RED-1",
        "a redirect is followed with the credential, to whatever origin",
        _OWN,
        fitted(peer=wire.FollowsRedirects),
    ),
    _mutant("media-type-json", "HDR-1", "uploads say application/json", _OWN, fitted(peer=wire.SaysJson)),
    _mutant(
        "completion-by-header",
        "HDR-1 STOP-3",
        "the completion is sent as headers of an empty POST",
        "M23, first version of the sender",
        wire.CompletesByHeader,
    ),
    # uploads
    _mutant("newest-first", "ORD-1", "lines that are due together are written newest first", _OWN, fitted(upload=wire.WritesNewestFirst)),
    _mutant("events-not-capped", "ROLL-1", "an upload takes any number of events", _OWN, fitted(upload=wire.CountsNoEvents)),
    _mutant("bytes-not-capped", "ROLL-1", "an upload takes any number of bytes", _OWN, fitted(upload=wire.CountsNoBytes)),
    _mutant(
        "idle-upload-not-rotated",
        "ROLL-2",
        "the age of an upload is looked at only when something is written",
        "M16, source of the published sender",
        fitted(upload=wire.LooksAtItsAgeWhenItWrites),
    ),
    _mutant(
        "post-per-batch",
        "LIVE-1",
        "on every leg a POST for each batch of 50 ms, on a connection of its own",
        f"M14, {_REVIEW}",
        wire.PostsEachBatch,
    ),
    _mutant(
        "persistent-behind-ingress",
        "LIVE-1",
        "the upload is held open on the proxy leg too, where an ingress buffers it until it ends",
        "M15, source of the published sender",
        wire.KeepsProxyUploadOpen,
    ),
    # time
    _mutant("no-timeout", "TMO-1", "a request has no time-out", f"M18, {_TESTS}", fitted(peer=wire.WaitsForEver)),
    _mutant(
        "timeout-ends-at-headers",
        "TMO-1",
        "the time-out ends when the headers of the answer are there",
        f"M18, {_TESTS}",
        fitted(peer=wire.WaitsForBodiesForEver),
    ),
    _mutant(
        "timeout-begins-again", "TMO-1", "each byte of an answer begins the time-out again", _OWN, fitted(peer=wire.WaitsLongerForDrips)
    ),
    _mutant("enqueue-waits", "NBLK-1", "enqueue returns when the event is acknowledged", _OWN, end.EnqueueWaits),
    _mutant("needs-new-event", "LIVE-2", "after a failure the next event is waited for", _OWN, end.NeedsNewEvent),
    _mutant("retry-at-once", "RETRY-1", "a failed attempt is followed by the next without the pause", "M21", end.RetriesAtOnce),
    _mutant("refused-loop", "AUTH-1", "401, 403 and 404 are tried again at once, for ever", _OWN, end.RetriesRefusedAtOnce),
    _mutant(
        "completed-loop", "CMP-2", "told that the stream is complete, it tries again at once, for ever", _OWN, end.RetriesCompletedAtOnce
    ),
    # stop and completion
    _mutant("stop-before-answer", "STOP-1", "stop returns when the last line is written", f"M17, {_TESTS}", end.StopsBeforeLastAnswer),
    _mutant("stop-without-deadline", "STOP-2", "stop tries for ever", _OWN, end.StopsWithoutDeadline),
    _mutant("stop-gives-up-early", "STOP-5", "stop gives up at the first failure", _OWN, end.GivesUpAtFirstFailure),
    _mutant("request-after-stop", "STOP-6", "stop returns at its deadline, and the retries go on", _OWN, end.GoesOnAfterStop),
    _mutant(
        "final-number-off-by-one",
        "STOP-3",
        "the completion names one number too many",
        f"M19, {_TESTS}",
        fitted(buffer=end.CountsOneTooMany),
    ),
    _mutant(
        "empty-stream-left-open",
        "STOP-4",
        "stop sends no completion when there never was an event",
        f"M20, {_TESTS}",
        end.LeavesEmptyStreamOpen,
    ),
    _mutant(
        "completes-unacknowledged",
        "CMP-1 STOP-3",
        "stop completes the stream although an upload before has failed",
        "M7, second version of the sender",
        end.CompletesUnacknowledged,
    ),
    _mutant(
        "completes-at-servers-number",
        "CMP-1",
        "on a 409 to the completion the stream is completed where the server stands, and the rest is thrown away",
        "the contract's note under its list",
        end.CompletesAtServersNumber,
    ),
)
