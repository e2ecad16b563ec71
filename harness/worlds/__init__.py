"""Where an example takes place: ``sim`` (virtual clock, in-memory network) and ``loopback`` (real sockets, real time)."""
