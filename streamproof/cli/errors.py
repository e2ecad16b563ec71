"""From what went wrong to one clear message and the documented exit code. A traceback is never printed."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from typing import Any

import click

from ..harness.values.errors import HarnessFault, TargetProblem, UsageError

USAGE = 2
NOT_JUDGED = 3
AT_FAULT = 4
INTERRUPTED = 130
BROKEN_PIPE = 141


def exit_code_of(command: Callable[[], Any]) -> int:
    """Calls the command; an integer that it returns is its exit code."""
    try:
        result = command()
        sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort):
        return complain("interrupted", INTERRUPTED)
    except click.exceptions.NoArgsIsHelpError as error:
        return complain(error.format_message(), USAGE, prefix="")
    except click.UsageError as error:
        hint = f"\n{error.ctx.get_usage()}" if error.ctx is not None else ""
        return complain(error.format_message() + hint, USAGE)
    except click.ClickException as error:
        return complain(error.format_message(), USAGE)
    except UsageError as error:
        return complain(str(error), USAGE)
    except TargetProblem as error:
        return complain(f"the driver is at fault: {error}", AT_FAULT)
    except HarnessFault as error:
        return complain(f"Streamproof itself is at fault: {error}", AT_FAULT)
    except BrokenPipeError:
        return _reader_has_gone()
    except SystemExit as stop:
        return complain(f"a module of the target called sys.exit({stop.code!r})", AT_FAULT)
    except Exception as error:
        return complain(_unexpected(error), AT_FAULT)
    return result if isinstance(result, int) else 0


def complain(message: str, code: int, prefix: str = "streamproof: ") -> int:
    """One message to standard error; returns the exit code that goes with it."""
    click.echo(f"{prefix}{message}", err=True)
    return code


def _reader_has_gone() -> int:
    """Whoever read our output does so no more, as `head` does; without this Python would complain once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE


def _unexpected(error: Exception) -> str:
    what = f"Streamproof itself is at fault: unexpected {type(error).__name__}: {error}".split("\n")[0]
    try:
        with tempfile.NamedTemporaryFile("w", prefix="streamproof-", suffix=".txt", delete=False, encoding="utf-8") as file:
            traceback.print_exception(error, file=file)
    except OSError as problem:
        return f"{what} (its traceback could not be saved: {problem.strerror})"
    return f"{what}. Please report it with {file.name}"
