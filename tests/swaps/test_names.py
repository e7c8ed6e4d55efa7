import pytest

from session_tracking.swaps.clients import Client
from session_tracking.swaps.names import MAX_NAMES, Name, Names
from session_tracking.swaps.urls import MAX_URLS, Urls


def given(fresh, repeats, clients, *, wide=True):
    name = Name(fresh)
    for number in range(repeats):
        name.count(Client(agent=number % clients + 1), wide=wide)
    return name


def test_a_constant_is_learned_of_many_deliveries_to_several_clients_on_several_urls():
    assert given(1, 19, 5).learn()
    assert not given(1, 18, 5).learn()
    assert not given(1, 19, 4).learn()
    assert not given(1, 500, 50, wide=False).learn()
    assert not given(5, 19, 5).learn()


def test_two_values_vary_and_many_are_own_to_each():
    assert not Name(1).varies
    assert Name(2).varies
    assert not given(4, 1, 1).own_to_each
    assert given(5, 4, 1).own_to_each
    assert not given(5, 5, 1).own_to_each


def test_whether_a_name_is_personal_is_asked_without_a_trace():
    names = Names()
    known = names.of("shop.test", "n")
    known.fresh, known.clients = 2, {1, 2}
    assert names.personal(["www.shop.test", "shop.test"], "n")
    assert not names.personal(["www.shop.test"], "n")
    assert len(names) == 1


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(Name(1, clients={1, 2}), id="one value"),
        pytest.param(Name(2, clients={1}), id="one visitor"),
        pytest.param(Name(2, repeats=2, clients={1, 2}), id="given out again"),
        pytest.param(Name(3, clients={1, 2}, constant=True), id="constant"),
    ],
)
def test_what_is_not_seen_to_be_one_visitors_own(name):
    assert not name.personal


def test_names_are_kept_apart_by_site_and_the_oldest_goes():
    names = Names()
    names.of("a.test", "n").fresh = 1
    assert names.of("b.test", "n").fresh == 0
    for number in range(MAX_NAMES - 2):
        names.of("a.test", str(number))
    assert names.of("a.test", "n").fresh == 1
    names.of("c.test", "n")
    assert len(names) == MAX_NAMES
    assert names.of("a.test", "n").fresh == 1


def test_urls_are_bounded_and_the_oldest_goes():
    urls = Urls()
    for number in range(MAX_URLS):
        urls.remember(number, str(number))
    urls.remember(0, "0")
    urls.remember(MAX_URLS, "new")
    assert len(urls) == MAX_URLS
    assert (urls.shown(0), urls.shown(1), urls.shown(MAX_URLS)) == ("0", "", "new")
