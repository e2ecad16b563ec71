"""A fake service of managed sessions: a true log of events, and a status, a list and a stream that do not move together."""
