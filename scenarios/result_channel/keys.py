"""The key pair of the agent: one for all examples of this process, since making one takes longer than many examples."""

from __future__ import annotations

from functools import cache

from ...fake_servers.result_channel.keys import KeyPair, new_key_pair


@cache
def key_pair() -> KeyPair:
    """It is not in a history: the private key shows as its tag, and signatures as valid or not."""
    return new_key_pair()
