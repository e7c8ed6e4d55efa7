"""The recipes for CI systems: each file is one that its consumer accepts."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import ruamel.yaml

DOCUMENT = Path(__file__).parents[2] / "docs/ci.md"
RECIPES = re.findall(
    r"<!-- lint: (\S+) -->\n<!-- [^\n]* -->\n```yaml\n(.*?)```",
    DOCUMENT.read_text("utf-8"),
    re.DOTALL,
)
SCHEMAS = [(schema, text) for schema, text in RECIPES if schema.startswith("vendor.")]


@pytest.mark.parametrize(("schema", "text"), SCHEMAS, ids=[schema for schema, _ in SCHEMAS])
def test_the_schema_of_the_ci_system_accepts_the_recipe(schema, text, tmp_path):
    file = tmp_path / "recipe.yaml"
    file.write_text(text)
    checked = subprocess.run(
        [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", schema, file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_wrong_recipe_is_noticed(tmp_path):
    """The linter itself says no to something."""
    file = tmp_path / "recipe.yaml"
    file.write_text(dict(RECIPES)["vendor.github-workflows"].replace("runs-on", "run-on"))
    checked = subprocess.run(
        [
            Path(sys.executable).with_name("check-jsonschema"),
            "--builtin-schema",
            "vendor.github-workflows",
            file,
        ],
        capture_output=True,
        check=False,
    )
    assert checked.returncode == 1


def test_the_hook_of_pre_commit_checks_the_configuration(tmp_path):
    (hook,) = ruamel.yaml.YAML(typ="safe").load(dict(RECIPES)["pre-commit"])["repos"][0]["hooks"]
    file = tmp_path / "tracker.toml"
    assert re.search(hook["files"], file.name)
    program, *arguments = shlex.split(hook["entry"])
    command = [Path(sys.executable).with_name(program), *arguments, file]
    file.write_text("enabled = true\n")
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    file.write_text("enabld = true\n")
    assert subprocess.run(command, capture_output=True, check=False).returncode == 78


def test_every_command_of_the_recipes_exists():
    text = DOCUMENT.read_text("utf-8")
    commands = set(re.findall(r"session-tracker ([a-z-]+) ", text))
    helped = subprocess.run(
        [Path(sys.executable).with_name("session-tracker"), "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert commands <= set(re.findall(r"^  ([a-z-]+) ", helped, re.MULTILINE))
