"""`session-tracker config`: make, check, show and change a configuration."""

import json
from collections.abc import Callable
from pathlib import Path

import click

from session_tracking.cli.show import FORMATS, effective_rows, explicit_rows, full_url
from session_tracking.config.documents import display_name
from session_tracking.config.editing import Place, parse_value, set_keys
from session_tracking.config.keyfile import add_key, make_key
from session_tracking.config.loading import load
from session_tracking.config.root import Root
from session_tracking.config.validation import show_value
from session_tracking.errors import ConfigError, ConfigErrors
from session_tracking.shipped import PACKAGE, default_config

__all__ = ["config"]

_FILE = click.Path(path_type=Path, dir_okay=False)

_config_option: Callable[[Callable[..., None]], Callable[..., None]] = click.option(
    "--config", "file", type=_FILE, help="Configuration file.  [default: the one that is shipped]"
)


@click.group()
def config() -> None:
    """Make, check, show and change the configuration.

    `check` and `show` look at the file that the addon uses by default unless another is named.
    `set` changes that one in a checkout only: in an installation name yours with --config.
    """


@config.command(
    epilog="""\b
Examples:
  session-tracker config init
  mitmdump -s "$(session-tracker addon-path)" --set session_tracker_config=config.toml"""
)
@click.argument("file", type=_FILE, default="config.toml")
@click.option("--force", is_flag=True, help="Overwrite a file that exists.")
def init(file: Path, *, force: bool) -> None:
    """Write a configuration with every key, its default and a comment to FILE.

    FILE is config.toml in the working directory if it is not named; `-` is standard output.
    """
    text = default_config().read_text(encoding="utf-8")
    if file == Path("-"):
        click.echo(text, nl=False)
        return
    try:
        with file.open("w" if force else "x", encoding="utf-8", newline="") as opened:
            opened.write(text)
    except FileExistsError:
        raise click.UsageError(f"{display_name(file)} exists; --force overwrites it.") from None
    except OSError as error:
        raise click.UsageError(f"{display_name(file)}: {error.strerror}.") from error
    click.echo(f"wrote {display_name(file)}")


@config.command(
    epilog="""\b
Examples:
  session-tracker config check
  session-tracker config check staging.toml && systemctl restart proxy"""
)
@click.argument("argument", metavar="[FILE]", type=_FILE, required=False)
@_config_option
def check(argument: Path | None, file: Path | None) -> None:
    """Tell every error, warning and note; exit 78 if there is an error."""
    if argument and file:
        raise click.UsageError("FILE and --config name the same thing: leave one of them out.")
    configuration = load(argument or file)
    _tell(configuration.warnings, "warning:", "yellow")
    _tell(configuration.notes, "note:", "cyan")
    found = ["no errors", _count(len(configuration.warnings), "warning")]
    if configuration.notes:
        found.append(_count(len(configuration.notes), "note"))
    off = "" if configuration.issues else "; enabled is false: no cookies are given out"
    click.echo(f"{display_name(configuration.path)}: {', '.join(found)}{off}")


@config.command(
    epilog="""\b
Examples:
  session-tracker config show
  session-tracker config show --effective
  session-tracker config show --url https://shop.test/api/cart --format json"""
)
@click.option("--effective", is_flag=True, help="Show defaults too: every value in effect.")
@click.option("--url", help="Show what is in effect for this URL, such as https://HOST/PATH.")
@click.option("--format", "form", type=click.Choice(sorted(FORMATS)), default="table")
@_config_option
def show(*, effective: bool, url: str | None, form: str, file: Path | None) -> None:
    """Show the keys that are set, and where.

    With --effective or --url the origin of a value is FILE:LINE or `default`.
    """
    checked = None if url is None else full_url(url)
    if url is not None and checked is None:
        raise click.UsageError(
            f"{show_value(url)} names no host. Write the URL as https://HOST/PATH."
        )
    configuration = load(file)
    rows = effective_rows(configuration, checked or "") if effective or checked else None
    click.echo(FORMATS[form](explicit_rows(configuration) if rows is None else rows))
    if effective and not url and configuration.sites:
        hosts = ", ".join(configuration.sites)
        click.echo(f"Sites have values of their own, shown by --url: {hosts}", err=True)


@config.command(
    name="set",
    context_settings={"ignore_unknown_options": True},  # values may be negative numbers
    epilog="""\b
Examples:
  session-tracker config set --config tracker.toml enabled true
  session-tracker config set --config tracker.toml cookie.max_age 86400 --site shop.test
  session-tracker config set --config tracker.toml cookie.name visit privacy.consent_cookie ''""",
)
@click.argument("pairs", metavar="KEY VALUE [KEY VALUE]...", nargs=-1, required=True)
@click.option("--site", default="", help="Host of the [[site]] to write to; added if missing.")
@click.option("--path", "below", default="", help="Path of its [[site.path]]; added if missing.")
@click.option("--config", "file", type=_FILE, help="File to change; may be left out in a checkout.")
def set_(pairs: tuple[str, ...], site: str, below: str, file: Path | None) -> None:
    """Change keys in the file, which keeps its comments and its order.

    A VALUE is TOML; quotes around text may be left out. Nothing is written if the result had an
    error.
    """
    if len(pairs) % 2:
        raise click.UsageError(f"No value for {show_value(pairs[-1])}.")
    if below and not site:
        raise click.UsageError("--path needs --site.")
    path = file or default_config()
    if file is None and path.parent != PACKAGE.parent.parent:
        raise click.UsageError(
            "Name your file with --config; `session-tracker config init` makes one. The defaults "
            "inside an installation are not to be changed."
        )
    changes = [(key, parse_value(key, text)) for key, text in zip(*[iter(pairs)] * 2, strict=True)]
    try:
        configuration = set_keys(path, changes, Place(site, below))
    except ConfigErrors:
        click.echo(f"{display_name(path)}: nothing was written.", err=True)
        raise
    for key, value in changes:
        click.echo(f"{key} = {show_value(value)}")
    _tell(configuration.warnings, "warning:", "yellow")


@config.command(
    epilog="""\b
Example:
  session-tracker config schema > config.schema.json"""
)
def schema() -> None:
    """Print the JSON Schema of the configuration file, for editors."""
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    click.echo(json.dumps(document | Root.model_json_schema(), indent=2))


@config.command(
    name="new-key",
    epilog="""\b
Examples:
  session-tracker config new-key session.key
  session-tracker config set --config tracker.toml cookie.id signed cookie.key_file session.key
  SESSION_KEYS="$(session-tracker config new-key)" mitmdump …""",
)
@click.argument("file", type=_FILE, required=False)
def new_key(file: Path | None) -> None:
    """Make a key for signed ids, and print it or put it into FILE as the first.

    Keys that are in FILE already keep verifying ids: remove one when its cookies have ended.
    """
    if file is None:
        click.echo(make_key())
        return
    older = add_key(file)
    click.echo(f"new key in {display_name(file)}, {older} older kept")


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def _tell(notices: tuple[ConfigError, ...], label: str, colour: str) -> None:
    for notice in notices:
        click.echo(f"{click.style(label, fg=colour)} {notice}")
