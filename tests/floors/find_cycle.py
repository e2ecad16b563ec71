"""Prints a circle of imports in the package `streamproof` found on the path, if there is one; exit status 1 then.

A process of its own, since grimp reads the package that Python would import here, not the one that the tests have loaded.
Imports for types only are left out: they are never run.
"""

import sys
from graphlib import CycleError, TopologicalSorter

import grimp

graph = grimp.build_graph("streamproof", exclude_type_checking_imports=True, cache_dir=None)
try:
    TopologicalSorter({module: graph.find_modules_directly_imported_by(module) for module in graph.modules}).prepare()
except CycleError as error:
    print(" -> ".join(reversed(error.args[1])))
    sys.exit(1)
