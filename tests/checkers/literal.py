"""What literal histories of an agent are put to: the good one passes, the nearly good one is caught with a proof, the rest is left open."""

from __future__ import annotations

from streamproof.harness.values.verdict import Finding

from .story_result_channel import Story


def assert_passes(story: Story, requirement: str) -> None:
    judgement = story.judge(requirement)
    assert judgement.judged, judgement.reason
    assert judgement.findings == ()


def assert_caught(story: Story, requirement: str) -> tuple[Finding, ...]:
    """By that requirement, each time with entries that exist."""
    findings = story.judge(requirement).findings
    assert findings
    for finding in findings:
        assert finding.requirement == f"WSR-{requirement}"
        assert finding.entries
        assert all(1 <= entry <= len(story.entries) for entry in finding.entries)
    return findings


def assert_not_judged(story: Story, requirement: str) -> None:
    judgement = story.judge(requirement)
    assert judgement.findings == ()
    assert not judgement.judged
