"""A durable server for clients: runs whose every frame is known beforehand, on whose answers every fault can act."""
