"""`streamproof list`: what there is."""

from __future__ import annotations

import json

import click

from ..catalog import catalog
from ..harness.values.nearest import unknown_name
from .listing import SHOWN, TABLES, cell
from .terminal import print_table


@click.command("list")
@click.argument("what", metavar="|".join(TABLES))
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(what: str, form: str) -> int:
    """What there is, printed from the tables that run."""
    if what not in TABLES:
        raise unknown_name("table", what, TABLES)
    rows = list(TABLES[what](catalog()))
    if form == "json":
        click.echo(json.dumps(rows, indent=2))
    else:
        print_table(SHOWN[what], ([cell(row[column]) for column in SHOWN[what]] for row in rows))
    return 0
