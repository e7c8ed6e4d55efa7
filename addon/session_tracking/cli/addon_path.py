"""`session-tracker addon-path`."""

import click

from session_tracking.shipped import entry_script

__all__ = ["addon_path"]


@click.command(
    epilog="""\b
Example:
  mitmdump -s "$(session-tracker addon-path)" --mode reverse:http://127.0.0.1:8000""",
)
def addon_path() -> None:
    """Print the path of the script for `mitmdump -s`."""
    click.echo(str(entry_script()))
