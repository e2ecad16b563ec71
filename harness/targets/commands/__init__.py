"""The command that tasks run, ``streamproof-emit SCRIPT``: its grammar, the program, and `spawn`, which plays it in the time of a loop.

``script.py`` and ``emit.py`` use the standard library alone and nothing outside this folder: the program starts without the
package. ``bin`` holds what stands on the PATH of drivers, and nothing else.
"""
