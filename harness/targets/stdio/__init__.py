"""Drivers over standard input and output: a process that cannot hurt us, the rules of its protocol, and the target made of both.

From the bottom: ``lines`` (bytes to messages), ``mailbox`` (from the reading thread to the loop), ``tree`` and ``process``
(start, drain, end), ``protocol`` (who answered what; pure), ``driver`` (one process in conversation), ``target``.
"""
