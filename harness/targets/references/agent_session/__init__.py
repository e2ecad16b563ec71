"""The reference runner of the contract ``agent-session``: its requests, its listing, its stream, its application, and the run itself."""
