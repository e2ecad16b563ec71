"""Text that came from a target or the wire, made safe to print: on a terminal, in XML, in a log."""

from __future__ import annotations


def printable(text: str, keep: str = "\n\t") -> str:
    """Escapes every character that does not print (controls, surrogates, U+FFFE ..) the way Python writes it: ``\\x1b``, ``\\ud800``.

    What is left is legal in XML 1.0 and cannot move a cursor or change a colour. ``keep`` passes as it is.
    """
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() or character in keep else _escaped(character) for character in text)


def one_line(text: str) -> str:
    """The same on a single line."""
    return printable(text, keep="")


def shortened(text: str, characters_max: int) -> str:
    """The beginning of a long text, and how long it is: nothing is cut off without saying so."""
    if len(text) <= characters_max:
        return text
    return f"{text[:characters_max]} .. ({len(text):,} characters in all)"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
