"""The ingest backend and the agent proxy: rules in ``store``, ``lines`` and ``upload`` (pure), HTTP and faults in ``app`` and ``exchange``."""
