"""Finds ``module:attribute``, with an error for people when it is not there. The current directory is importable."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import traceback
from types import ModuleType
from typing import Any

from ..values.errors import UsageError
from ..values.nearest import nearest


def load_attribute(spec: str) -> Any:
    """``module:attribute`` (both may be dotted) -> what it names. Raises UsageError."""
    module_name, colon, attribute = spec.partition(":")
    if not (module_name and colon and attribute):
        raise UsageError(f"{spec!r} does not name a factory; expected MODULE:ATTRIBUTE, such as my_sender:factory")
    found: Any = _load_module(module_name)
    for name in attribute.split("."):
        if not hasattr(found, name):
            known = [known for known in dir(found) if not known.startswith("_")]
            raise UsageError(f"module {module_name!r} has no attribute {attribute!r}{_guess(name, known)}")
        found = getattr(found, name)
    return found


def load_factory(spec: str) -> Any:
    factory = load_attribute(spec)
    if not callable(factory):
        raise UsageError(f"{spec!r} is {type(factory).__name__}, not a factory: it must be callable as factory(config, note)")
    return factory


def _load_module(name: str) -> ModuleType:
    if "" not in sys.path and "." not in sys.path:
        sys.path.insert(0, "")
    importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            raise UsageError(
                f"there is no module {name!r} (looked in the current directory and in what is installed){_guess_module(name)}"
            ) from error
        raise _broken(name, error) from error
    except Exception as error:
        raise _broken(name, error) from error
    except SystemExit as error:
        raise UsageError(f"module {name!r} exits when it is imported: guard its main part with `if __name__ == '__main__':`") from error


def _broken(name: str, error: Exception) -> UsageError:
    frames = traceback.extract_tb(error.__traceback__)
    where = f" (at {frames[-1].filename}, line {frames[-1].lineno})" if frames and not isinstance(error, SyntaxError) else ""
    return UsageError(f"module {name!r} does not import: {type(error).__name__}: {error}{where}")


def _guess_module(name: str) -> str:
    parent, _, leaf = name.rpartition(".")
    package = sys.modules.get(parent)
    path = list(getattr(package, "__path__", [])) if parent else None
    prefix = f"{parent}." if parent else ""
    return _guess(leaf, [module.name for module in pkgutil.iter_modules(path)], prefix)


def _guess(name: str, known: list[str], prefix: str = "") -> str:
    close = nearest(name, known)
    return f"; did you mean {prefix + close[0]!r}?" if close else ""
