"""The nearest match of a misspelt name, and the message for it."""

import pytest

from streamproof.harness.values.nearest import nearest, unknown_name

NAMES = ("reference", "ingest-size-in-characters", "ingest-newest-first", "posthog-agent")


@pytest.mark.parametrize(
    ("got", "first"),
    [("refrence", "reference"), ("REFERENCE", "reference"), ("ingest-siz", "ingest-size-in-characters"), ("posthog-agnt", "posthog-agent")],
)
def test_the_likeliest_comes_first(got: str, first: str) -> None:
    """A slip of the finger, another letter case and a name that was not typed to its end are all understood."""
    assert nearest(got, NAMES)[0] == first


def test_nothing_alike_is_not_invented() -> None:
    """For a name that looks like none, no match is offered, and the known ones are told instead."""
    assert nearest("zzz", NAMES) == []
    assert str(unknown_name("target", "zzz", NAMES)).startswith("unknown target 'zzz'; known: ingest-newest-first, ")


def test_long_lists_are_cut_with_their_count() -> None:
    """Of many names only some are listed, and the message says how many there are besides."""
    message = str(unknown_name("id", "zzz", [f"name-{number:03}" for number in range(40)]))
    assert message.endswith("name-011 and 28 more")


def test_the_place_comes_first() -> None:
    """With a place in a file the message begins with it."""
    assert (
        str(unknown_name("fault", "cutt", ["cut"], where="plan.json:3: [0]"))
        == "plan.json:3: [0]: unknown fault 'cutt'; did you mean 'cut'? known: cut"
    )
