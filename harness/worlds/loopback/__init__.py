"""The world on real sockets: its loop, the relay that performs wire faults in front of each server, its scene and its examples.

Everything listens on 127.0.0.1 only, and nothing of an example outlives it.
"""
