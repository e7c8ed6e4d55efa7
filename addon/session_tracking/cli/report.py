"""`session-tracker report`: about the JSON reports."""

import click

from session_tracking.reports.json import SCHEMA_FILE

__all__ = ["report"]


@click.group()
def report() -> None:
    """What the JSON reports hold."""


@report.command(
    epilog="""\b
Example:
  session-tracker report schema > report.schema.json"""
)
def schema() -> None:
    """Print the JSON Schema of the reports."""
    click.echo(SCHEMA_FILE.read_text(encoding="utf-8"), nl=False)
