"""The backend and the agent proxy that readers of a task run talk to: the rules in ``log``, ``state``, ``tokens``, HTTP in ``exchange``."""
