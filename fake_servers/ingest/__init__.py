"""The ingest backend and the agent proxy: the rules in ``store``, ``lines``, ``upload`` (pure), HTTP and faults in ``exchange``."""
