"""The shapes of operations and configs agree with what the scenarios really draw, so that every repro file can be read again."""

from pathlib import Path

import pytest

from streamproof.harness.contracts import CONTRACTS
from streamproof.harness.engine.catalog import Catalog
from streamproof.harness.engine.draw import draw_cases
from streamproof.harness.engine.files import load_repro, save_repro
from streamproof.harness.engine.scenario import Setting
from streamproof.harness.faults import FAULTS
from streamproof.harness.values.result import Repro
from streamproof.scenarios import SCENARIOS
from streamproof.streamproof_catalog import placeholder
