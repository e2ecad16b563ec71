"""The reference runner of the contract ``agent-session``.

``runner`` has the verbs; ``run`` is one run with its hooks; ``observer`` is how it learns what happens, by ``api``, ``listing`` and
``stream``; ``transcript`` is what the events mean; ``application`` is what the runner is a part of; ``clean_up`` ends a session.
"""
