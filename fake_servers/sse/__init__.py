"""A server of plain server-sent events, for clients of the EventSource kind, and another origin beside it."""
