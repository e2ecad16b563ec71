"""Report formats: each prints a result, nothing else. To add one: its file, and a row here."""

from __future__ import annotations

from collections.abc import Mapping

from .base import Report
from .json_report import JsonReport
from .junit import JUnitReport
from .text import TextReport

REPORTS: Mapping[str, Report] = {report.name: report for report in (TextReport(), JsonReport(), JUnitReport())}
