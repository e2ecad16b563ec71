"""Drivers of SSE clients from PyPI: one file each, which puts an unmodified client behind the role ``reader`` of ``sse``.

Each has a factory ``reader(config, note)`` and does what the client's documentation shows, with the client's own defaults; where
it departs from them, the line says why. Those on asyncio run in this process, those that block in a process of their own. They
import their client, so they are imported only once it is installed: nothing else may import them.
"""
