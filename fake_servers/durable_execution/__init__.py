"""What surrounds a server of durable executions: its scripted model and its tools; and a whole such server, the reference."""
