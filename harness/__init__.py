"""The engine room: values, faults, contracts, checkers, worlds, targets and the engine that drives them.

Nothing in here knows a concrete scenario, fake server or report: those are leaves that the doors (package ``streamproof``) hand in.
"""
