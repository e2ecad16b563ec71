"""Where the program is found: its folder goes first on the PATH of what may run tasks."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parent / "bin"
INTERPRETER_VARIABLE = "STREAMPROOF_PYTHON"
"""The interpreter that the program is to run on. Without it, the ``python3`` on PATH."""


def with_commands(environment: Mapping[str, str]) -> dict[str, str]:
    """``environment`` with the folder first on its PATH."""
    path = environment.get("PATH", os.defpath)
    return {**environment, "PATH": f"{FOLDER}{os.pathsep}{path}", INTERPRETER_VARIABLE: sys.executable}
