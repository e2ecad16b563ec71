"""Every error that Streamproof raises on purpose.

StreamproofError
+-- UsageError            the user's input is wrong; exit 2; carries what was got, what was expected, what to do
+-- HarnessFault          something of ours broke; never a verdict about a target; exit 4
|   +-- QuotaExceeded     an example used up its virtual time, steps or connections
|   +-- Deadlock          nothing can ever happen any more in the simulation
+-- TargetProblem         the driver (not the implementation) is at fault; exit 4
CallOutcome               raised by a verb of an in-process target instead of returning
+-- Failed                definitely not done
+-- Unknown               may or may not have had an effect
+-- Unsupported           the implementation has no such feature
"""


class StreamproofError(Exception):
    """Base of all errors that reach the command line as one clear message."""


class UsageError(StreamproofError):
    """Bad option, name, file or configuration. The message says what was got, what was expected and what to do."""


class HarnessFault(StreamproofError):
    """Our own fault: a crashed checker or server. Judged ``inconclusive``, named as such."""


class QuotaExceeded(HarnessFault):
    """An example used up a budget (virtual time, steps, connections). The message holds a dump of who waited for what."""


class Deadlock(HarnessFault):
    """Every task waits and no timer is set: nothing can ever happen. The message holds a dump of who waited for what."""


class TargetProblem(StreamproofError):
    """The driver does not start, exits, or breaks the driver protocol."""


class CallOutcome(Exception):
    """What a verb of an in-process target raises to report an outcome other than ``ok``.

    ``kind`` is a short word for machines, ``message`` a sentence for people.
    """

    outcome = "unknown"

    def __init__(self, message: str = "", kind: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind or type(self).__name__.lower()


class Failed(CallOutcome):
    """Definitely not done: the call had no effect and never will."""

    outcome = "fail"


class Unknown(CallOutcome):
    """May or may not have had an effect (time-out, lost answer)."""

    outcome = "unknown"


class Unsupported(CallOutcome):
    """The implementation has no such feature. Only legal for what was not declared."""

    outcome = "unsupported"
