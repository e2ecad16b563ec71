"""The simulation: a loop with a virtual clock, a network in memory, patches of clock and entropy, and trio as a guest.

``world.py`` runs an example and ``scene.py`` is what the example sees; all else serves these two. Nothing here waits in
real time, opens a socket of the kernel that carries bytes, or knows a contract.
"""
