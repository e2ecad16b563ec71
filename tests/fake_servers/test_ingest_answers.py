"""The ingest servers answer as the contract's table says: bodies, keys and statuses, on both legs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import DIRECT_TARGET, PROXY_TARGET, Bench

Runner = Callable[..., None]
