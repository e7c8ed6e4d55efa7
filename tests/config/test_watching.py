"""Changes of files are noticed, once each."""

import os

from session_tracking.config.watching import Include, Watch


def watching(*paths):
    watch = Watch()
    for path in paths:
        watch.file(path)
    return watch


def test_a_file_changes_by_time_size_or_replacement(tmp_path):
    path = tmp_path / "x"
    path.write_text("a")
    os.utime(path, ns=(1, 1))
    watch = watching(path)
    assert watch.files == (path,)
    assert not watch.changed()
    os.utime(path, ns=(2, 2))
    assert watch.changed()
    path.write_text("ab")
    os.utime(path, ns=(2, 2))
    assert watch.changed()
    new = tmp_path / "new"
    new.write_text("cd")
    os.utime(new, ns=(2, 2))
    new.replace(path)
    assert watch.changed()
    assert not watch.changed()


def test_a_file_comes_and_goes(tmp_path):
    path = tmp_path / "x"
    watch = watching(path)
    assert not watch.changed()
    path.touch()
    assert watch.changed()
    path.unlink()
    assert watch.changed()
    assert not watch.changed()


def test_a_change_while_a_file_is_read_is_not_missed(tmp_path):
    path = tmp_path / "x"
    path.write_text("a")
    watch = watching(path)
    path.write_text("changed before it was read")
    assert watch.changed()


def test_an_included_file_comes_and_goes(tmp_path):
    include = Include(tmp_path, "*.toml")
    watch = Watch()
    watch.include(include, include.files())
    assert not watch.changed()
    (tmp_path / "a.toml").touch()
    assert watch.changed()
    assert not watch.changed()
    (tmp_path / "b.txt").touch()
    assert not watch.changed()
    (tmp_path / "a.toml").unlink()
    assert watch.changed()
