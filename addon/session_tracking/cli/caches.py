"""`session-tracker caches`: the caches that a verdict can speak of."""

import json
import shutil
from pathlib import Path

import click

from session_tracking.cli.cache_names import config_option, known_caches, named_cache
from session_tracking.reports.profiles import profile_facts, profile_lines, profile_table

__all__ = ["caches"]

_WIDTH = 160
"""Characters of a line where the output is no terminal."""


@click.command(
    epilog="""\b
Examples:
  session-tracker caches
  session-tracker caches nginx
  session-tracker caches --format json | jq '.[].name'"""
)
@click.argument("name", required=False)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
@config_option
def caches(name: str | None, *, form: str, config: Path | None) -> None:
    """List the caches that a verdict can speak of; with NAME tell the rules of one, with sources.

    A version means that the profile was proven on that cache. `documented` ones say what their
    vendors say, and nothing where these do not. SWITCH is the setting that decides most.
    """
    known = known_caches(config)
    if name is None:
        if form == "json":
            click.echo(json.dumps([profile_facts(profile) for profile in known.values()], indent=2))
            return
        width = shutil.get_terminal_size((_WIDTH, 24)).columns
        click.echo("\n".join(profile_table(known.values(), width)))
        return
    profile = named_cache(name, known)
    if form == "json":
        click.echo(json.dumps(profile_facts(profile), indent=2))
    else:
        click.echo("\n".join(profile_lines(profile)))
