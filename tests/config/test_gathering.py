"""Included files: sites of tenants, for the hosts that are delegated to them."""

import pytest

MAIN = (
    'include = "sites.d/*.toml"\n'
    '[[delegate]]\nfile = "acme.toml"\nhosts = ["Acme.test", "*.acme.test"]\n'
    '[[delegate]]\nfile = "./acme.toml"\nhosts = ["acme.example"]\n'
    '[[delegate]]\nfile = "beta.toml"\nhosts = ["beta.test"]\n'
)


def site(host, rest=""):
    return f'[[site]]\nhost = "{host}"\n{rest}'


@pytest.mark.parametrize(
    "host",
    ["acme.test", "ACME.test", "www.acme.test", "*.acme.test", "*.a.acme.test", "acme.example"],
)
def test_a_delegated_host_may_be_configured(folder, host):
    configuration = folder.load(MAIN, acme=site(host, 'cookie.name = "acme"'))
    seen = host.replace("*", "x").lower()
    assert configuration.for_url(seen, "/").tracking.cookie.name == "acme"
    assert folder.path / "sites.d/acme.toml" in configuration.files


@pytest.mark.parametrize("host", ["beta.test", "xacme.test", "*.test", "test", "*.acme.example"])
def test_another_s_host_may_not(folder, host):
    (error,) = folder.errors(MAIN, acme=site(host))
    assert str(error) == (
        f'sites.d/acme.toml:2: site.host: "{host}" is not delegated to this file. [E23] Ask for it '
        f'in config.toml: [[delegate]] file = "acme.toml", hosts = ["{host}"].'
    )


def test_a_file_that_nobody_delegated_to_may_say_nothing(folder):
    assert [error.code for error in folder.errors(MAIN, other=site("acme.test"))] == ["E23"]
    assert folder.errors(MAIN, other="# nothing") == []


def test_a_host_belongs_to_one_file(folder):
    (error,) = folder.errors(f"{MAIN}{site('acme.test')}", acme=f"\n{site('acme.test')}")
    assert (error.source, error.line) == ("sites.d/acme.toml", 3)
    assert "config.toml:12" in error.problem


@pytest.mark.parametrize(
    ("text", "problem", "fix"),
    [
        (
            "enabled = true",
            "enabled: is no key of this table.",
            "An included file holds [[site]] tables only.",
        ),
        (
            'include = "/etc/*"',
            "include: is no key of this table.",
            "An included file holds [[site]] tables only.",
        ),
        (
            site("acme.test", 'include = "x"'),
            "site.include: is no key of this table.",
            "Known here: ",
        ),
        (
            site("acme.test", 'cookie.key_file = "/etc/passwd"'),
            "site.cookie.key_file: may not be set by an included file.",
            "Set it in the main file, for the site acme.test.",
        ),
    ],
)
def test_a_tenant_may_write_sites_only_and_read_no_files(folder, text, problem, fix):
    (error,) = folder.errors(MAIN, acme=text)
    assert problem in str(error)
    assert error.fix.startswith(fix)


def test_the_files_are_told_about_all_at_once(folder):
    errors = folder.errors(
        f"nmae = 1\n{MAIN}", acme="enabled = = 1", beta='x = "\n', gamma=site("g.test")
    )
    assert [(error.source, error.line) for error in errors] == [
        ("config.toml", 1),
        ("sites.d/acme.toml", 1),
        ("sites.d/beta.toml", 1),
        ("sites.d/gamma.toml", 2),
    ]


def test_what_a_tenant_calls_things_is_shown_safely(folder):
    (folder.path / "sites.d").mkdir()
    (folder.path / "sites.d/\x1b[2J.toml").write_text(site("a", '"x\\u001b\\n" = "\\u202e"'))
    errors = folder.errors(MAIN)
    assert len(errors) == 2
    assert all(str(error).isprintable() for error in errors)


def test_only_regular_files_are_read(folder):
    (folder.path / "sites.d/x.toml").mkdir(parents=True)
    (folder.path / "sites.d/gone.toml").symlink_to("nowhere")
    assert folder.errors(MAIN) == []


@pytest.mark.parametrize(
    "pattern", ["sites.d/a*", "sites.d/acme.toml", "s*.d/acme.toml", "**/a*.toml"]
)
def test_a_delegation_names_the_file_below_the_fixed_folder(folder, pattern):
    name = "sites.d/acme.toml" if pattern[1] == "*" else "acme.toml"
    main = f'include = "{pattern}"\n[[delegate]]\nfile = "{name}"\nhosts = ["acme.test"]'
    assert folder.errors(main, acme=site("acme.test")) == []


def test_an_absolute_pattern_is_fine(folder):
    main = MAIN.replace("sites.d", str(folder.path / "sites.d"))
    assert folder.errors(main, acme=site("acme.test")) == []


@pytest.mark.parametrize(
    "broken", ["delegate = 1", '[[delegate]]\nfile = "acme.toml"', "[delegate]"]
)
def test_a_broken_delegation_delegates_nothing(folder, broken):
    errors = folder.errors(f'include = "sites.d/*"\n{broken}', acme=site("acme.test"))
    assert [error.code for error in errors] == ["", "E23"]


def test_a_broken_include_includes_nothing(folder):
    (error,) = folder.errors("include = 3", acme=site("acme.test"))
    assert error.fix == "Use a string."


def warnings(folder, text, **included):
    return [f"{w.line}: {w.fix}" for w in folder.load(text, **included).warnings]


def test_a_pattern_that_matches_nothing_is_told_instead_of_its_delegations(folder):
    (warning,) = folder.load(MAIN).warnings
    assert str(warning) == (
        'config.toml:1: include: "sites.d/*.toml" matches no file: sites of tenants are not read. '
        "[W13] Put the files there; the pattern starts from the folder of config.toml."
    )


@pytest.mark.parametrize(
    ("read", "fix"),
    [
        ({"acme": ""}, "9: Name a file that is read."),
        ({"acme": "", "other": ""}, "9: Name a file that is read."),
        ({"acme": "", "bet": ""}, '9: Did you mean "bet.toml"?'),
    ],
)
def test_a_delegation_to_a_file_that_is_not_read_is_told(folder, read, fix):
    assert warnings(folder, MAIN, **read) == [fix]


def test_delegations_without_an_include_are_told(folder):
    fixes = warnings(folder, MAIN.partition("\n")[2], acme="")
    assert fixes == [
        f'{line}: Set include, such as include = "sites.d/*.toml".' for line in (2, 5, 8)
    ]


def test_what_is_read_is_not_warned_about(folder):
    assert warnings(folder, MAIN, acme=site("acme.test"), beta="") == []
