"""Streamproof: simulation and conformance test harness for event streams.

What a user imports: the outcomes that a verb of an in-process target may raise, and `driver.serve` for stdio drivers.
"""

from .harness.values.errors import Failed, Unknown, Unsupported

__version__ = "0.1.0"

__all__ = ["Failed", "Unknown", "Unsupported", "__version__"]
