"""Nobody gets in who may not, on any address and with any verb."""

from __future__ import annotations

import itertools
import json

import pytest

from hrlab.server.handler import VERBS
from tests.server.authorizers import Nothing, ReadOnly
from tests.store.making import run

ADDRESSES = [
    "compare",
    "exports",
    "report",
    "sizing",
    "profiles",
    "clusters",
    "clusters/zee-1",
    "clusters/zee-1/logs",
    "runs",
    f"runs/{run().id}",
    f"runs/{run().id}/chart",
    f"runs/{run().id}/figures",
    f"runs/{run().id}/hosts",
    "nothing",
    "nothing/here",
]


def all_rules(router):
    for rule in router.rules:
        if hasattr(rule.target, "rules"):
            yield from all_rules(rule.target)
        yield rule


def own_addresses(app):
    """An address for each of hrlab's handlers that the server really has."""
    for rule in all_rules(app.web_app.default_router):
        path = getattr(rule.matcher, "_path", None)
        if path and "/hrlab/" in path:
            fillings = itertools.product(("0" * 32, "/0"), repeat=path.count("%s"))
            # (the base URL of the tests has a % as well)
            found = (path.rstrip("?").replace("%s", "{}").format(*filling) for filling in fillings)
            yield next(address for address in found if rule.matcher.regex.match(address))


@pytest.fixture(params=[False, True], ids=["jupyter checks too", "only hrlab checks"])
def jp_server_config(request, jp_server_config):
    jp_server_config["ServerApp"]["allow_unauthenticated_access"] = request.param
    return jp_server_config


async def test_every_handler_refuses_every_verb_without_a_token(jp_serverapp, http_server_client):
    paths = list(own_addresses(jp_serverapp))
    assert len(paths) >= 10
    assert any("/hrlab/dashboard/" in path for path in paths)
    for path in paths:
        for verb in VERBS:
            response = await http_server_client.fetch(
                path,
                method=verb.upper(),
                headers={"Cookie": "_xsrf=00", "X-XSRFToken": "00"},
                raise_error=False,
                allow_nonstandard_methods=True,
            )
            assert response.code == 403, (verb, path)
            if verb != "head":
                assert json.loads(response.body)["error"]["message"].startswith("You are not")


async def test_wrong_token_is_refused(ask):
    answer = await ask("GET", "runs", headers={"Authorization": "token nope"})
    assert (answer.status, answer.error["code"]) == (403, "forbidden")
    assert "Log in again" in answer.error["message"]


@pytest.mark.parametrize(("authorizer", "allowed"), [(ReadOnly, {"get", "head"}), (Nothing, set())])
@pytest.mark.parametrize("path", ADDRESSES)
async def test_authorizer_of_the_site_decides_on_every_verb(
    jp_serverapp, ask, authorizer, allowed, path
):
    jp_serverapp.web_app.settings["authorizer"] = authorizer(parent=jp_serverapp)
    # Twice and in both orders: the decorator of Jupyter remembers the first verb that it met.
    for verb in (*VERBS, *reversed(VERBS)):
        answer = await ask(verb.upper(), path)
        assert (answer.status != 403) is (verb in allowed), verb
        if answer.status == 403 and verb != "head":
            assert "resource: hrlab" in answer.error["message"]


@pytest.mark.parametrize("verb", ["PUT", "PATCH", "DELETE", "POST"])
async def test_cookie_without_xsrf_token_changes_nothing(
    jp_serverapp, http_server_client, jp_base_url, kernel, verb
):
    kernel.finish(run())
    login = await http_server_client.fetch(
        f"{jp_base_url}login?token={jp_serverapp.identity_provider.token}",
        follow_redirects=False,
        raise_error=False,
    )
    cookies = "; ".join(c.split(";")[0] for c in login.headers.get_list("Set-Cookie"))
    path = f"{jp_base_url}hrlab/api/runs/{run().id}"
    seen = await http_server_client.fetch(path, headers={"Cookie": cookies})
    assert seen.code == 200
    refused = await http_server_client.fetch(
        path,
        method=verb,
        headers={"Cookie": cookies},
        raise_error=False,
        allow_nonstandard_methods=True,
    )
    assert refused.code == 403
    assert b"_xsrf" in refused.body
    assert kernel.get(run().id) is not None
