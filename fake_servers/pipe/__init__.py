"""Both legs of a run on the same servers and over one store: what a sender uploads is what a reader reads."""
