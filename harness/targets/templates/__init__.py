"""Drivers to copy and fill in. Nothing in here is imported by Streamproof."""
