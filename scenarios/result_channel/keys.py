"""The key pair of the agent: one for all examples of this process, since making one takes longer than many examples."""

from __future__ import annotations

from functools import cache

from ...fake_servers.result_channel.keys import KEY_BITS, KeyPair, new_key_pair

SIM_KEY_BITS = 1_024
"""A signature takes a quarter of the time, and nobody is kept out by it. Real programs may refuse a key that is this short."""


@cache
def key_pair(world: str) -> KeyPair:
    """It is not in a history: the private key shows as its tag, and signatures as valid or not."""
    return new_key_pair(SIM_KEY_BITS if world == "sim" else KEY_BITS)
