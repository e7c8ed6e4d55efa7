from session_tracking.errors import ConfigError, ConfigErrors


def test_a_configuration_error_names_place_key_problem_and_fix():
    error = ConfigError("a.toml", 3, "cookie.name", "is empty.", "Name it.", "E1")
    assert str(error) == "a.toml:3: cookie.name: is empty. [E1] Name it."
    whole = ConfigError("a.toml", None, "", "is not there.", "Create it.")
    assert str(whole) == "a.toml: is not there. Create it."
    assert str(ConfigErrors((error, whole))) == f"{error}\n{whole}"
