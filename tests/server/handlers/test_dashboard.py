"""The proxy of dashboards: only those of known clusters, without the keys to this server, and nothing but looking."""

from __future__ import annotations

import asyncio
import json

import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler, websocket_connect


class Echo(RequestHandler):
    """Answers with what it was asked."""

    def get(self, path):
        if path == "moved":
            self.redirect("/status")
            return
        self.set_header("Set-Cookie", "of-the-dashboard=1")
        self.set_header("X-Served-By", "dashboard")
        said = {"path": self.request.path, "query": self.request.query}
        self.write({**said, "headers": dict(self.request.headers)})

    head = get


class Socket(WebSocketHandler):
    def check_origin(self, origin):
        return True

    def select_subprotocol(self, subprotocols):
        return subprotocols[0] if subprotocols else None

    def open(self):
        self.write_message(json.dumps({**dict(self.request.headers), "q": self.request.query}))

    def on_message(self, message):
        self.write_message(message, binary=isinstance(message, bytes))


@pytest.fixture
def dashboard(jp_serverapp, pretended, jp_asyncio_loop):
    """URL of something that a cluster ``zee`` has as its dashboard."""
    socket, port = bind_unused_port("127.0.0.1")
    server = HTTPServer(Application([(r"/ws", Socket), (r"/(.*)", Echo)]))

    async def begin():
        server.add_sockets([socket])

    async def end():
        server.stop()
        await server.close_all_connections()

    jp_asyncio_loop.run_until_complete(begin())
    pretended.add("zee")
    pretended.dashboards["zee"] = f"http://127.0.0.1:{port}"
    yield pretended.dashboards["zee"]
    jp_asyncio_loop.run_until_complete(end())


@pytest.fixture
def look(jp_fetch):
    async def look_(*path, **options):
        return await jp_fetch("hrlab", "dashboard", *path, raise_error=False, **options)

    return look_


async def test_keys_to_this_server_stay_here(look, dashboard, jp_serverapp):
    token = jp_serverapp.identity_provider.token
    headers = {"Cookie": "_xsrf=1; username=me", "X-XSRFToken": "1", "X-Mine": "kept"}
    answer = await look("zee", "page", headers=headers, params={"token": token, "theme": "dark"})
    said = json.loads(answer.body)
    assert (said["path"], said["query"]) == ("/page", "theme=dark")
    assert said["headers"]["X-Mine"] == "kept"
    assert not {"Cookie", "Authorization", "X-Xsrftoken"} & set(said["headers"])
    assert token not in answer.body.decode()


async def test_dashboard_sets_no_cookie_and_is_framed_by_this_server_only(look, dashboard):
    for accept in ("*/*", "text/event-stream"):
        answer = await look("zee", "page", headers={"Accept": accept})
        assert answer.headers["X-Served-By"] == "dashboard"
        assert "of-the-dashboard" not in str(answer.headers.get_list("Set-Cookie"))
        assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]


#: What JupyterHub sets for its users' servers.
HUB = {"headers": {"Content-Security-Policy": "frame-ancestors 'none'"}}


@pytest.mark.parametrize(
    "jp_server_config",
    [{"ServerApp": {"jpserver_extensions": {"hrlab": True}, "tornado_settings": HUB}}],
)
async def test_dashboard_is_framed_where_a_hub_forbids_frames(look, dashboard, jp_server_config):
    answer = await look("zee", "page")
    assert answer.headers.get_list("Content-Security-Policy") == ["frame-ancestors 'self'"]
    error = await look("nothing-here", "page")
    assert error.code == 404
    assert error.headers.get_list("Content-Security-Policy") == ["frame-ancestors 'self'"]


async def test_dashboard_of_another_user_is_never_served(look, dashboard, pretended, ask):
    pretended.add("bobs", mine=False, owner="bob")
    pretended.dashboards["bobs"] = dashboard
    answer = await look("bobs", "status")
    assert answer.code == 403
    assert "belongs to bob" in json.loads(answer.body)["error"]["message"]
    listed = (await ask("GET", "clusters")).json["clusters"]
    assert {one["id"]: one["dashboard_path"] is None for one in listed} == {
        "bobs": True,
        "zee": False,
    }


async def test_paths_below_a_dashboard_stay_below_it(look, dashboard, pretended, jp_base_url):
    pretended.dashboards["zee"] = f"{dashboard}/clusters/zee"
    assert json.loads((await look("zee", "a b", "c")).body)["path"] == "/clusters/zee/a%20b/c"
    pretended.dashboards["zee"] = dashboard
    moved = await look("zee", "moved", follow_redirects=False)
    assert moved.headers["Location"] == f"{jp_base_url}hrlab/dashboard/zee/status"
    bare = await look("zee", follow_redirects=False)
    assert bare.headers["Location"].endswith("/hrlab/dashboard/zee/")


@pytest.mark.parametrize("verb", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_dashboard_is_for_looking(look, dashboard, verb):
    answer = await look("zee", "page", method=verb, allow_nonstandard_methods=True)
    assert answer.code == 405


async def test_unknown_cluster_one_without_dashboard_and_one_that_is_down_are_told(
    look, dashboard, pretended
):
    for name in ("other", "127.0.0.1:22", "localhost%3A22", "%2e%2e", "zee%2F..%2Fother"):
        answer = await look(name, "status")
        assert answer.code == 404, name
        assert json.loads(answer.body)["error"]["code"] == "not-found"
    pretended.add("young", state="starting", reason="2 pods are pending.")
    answer = await look("young", "status")
    assert "is not available: 2 pods are pending." in json.loads(answer.body)["error"]["message"]
    pretended.dashboards["young"] = "http://127.0.0.1:9"
    answer = await look("young", "status")
    assert answer.code == 502
    assert json.loads(answer.body)["error"]["code"] == "backend"


@pytest.fixture
def open_socket(jp_serverapp, http_server_client, jp_http_port, jp_base_url):
    async def open_(path, *, headers=None, subprotocols=None):
        url = f"ws://127.0.0.1:{jp_http_port}{jp_base_url}hrlab/dashboard/{path}"
        key = {"Authorization": f"token {jp_serverapp.identity_provider.token}"}
        request = HTTPRequest(url, headers=key if headers is None else headers)
        return await websocket_connect(request, subprotocols=subprotocols)

    return open_


async def close(socket):
    socket.close()
    while await asyncio.wait_for(socket.read_message(), 10) is not None:
        pass


async def test_web_socket_carries_texts_and_bytes_both_ways(open_socket, dashboard, jp_serverapp):
    key = jp_serverapp.identity_provider.token
    path = f"zee/ws?token={key}&a=1"
    socket = await open_socket(path, headers={}, subprotocols=["bokeh", "a.token"])
    said = json.loads(await socket.read_message())
    assert said["q"] == "a=1"
    assert said["Sec-Websocket-Protocol"] == "bokeh,a.token"
    assert not {"Cookie", "Authorization"} & set(said)
    for message in ("text", b"\x00\xff"):
        await socket.write_message(message, binary=isinstance(message, bytes))
        assert await socket.read_message() == message
    await close(socket)


async def test_web_socket_is_refused_before_it_is_opened(open_socket, dashboard):
    for path, headers, code in (
        ("zee/ws", {}, 403),
        ("zee/ws", {"Authorization": "token wrong"}, 403),
        ("other/ws", None, 404),
    ):
        with pytest.raises(HTTPClientError) as refused:
            await open_socket(path, headers=headers)
        assert refused.value.code == code


async def test_page_of_another_origin_gets_no_web_socket_with_the_users_cookie(
    open_socket, dashboard, http_server_client, jp_base_url, jp_serverapp
):
    login = await http_server_client.fetch(
        f"{jp_base_url}login?token={jp_serverapp.identity_provider.token}",
        follow_redirects=False,
        raise_error=False,
    )
    cookies = "; ".join(c.split(";")[0] for c in login.headers.get_list("Set-Cookie"))
    with pytest.raises(HTTPClientError) as refused:
        await open_socket("zee/ws", headers={"Cookie": cookies, "Origin": "http://evil.example"})
    assert refused.value.code == 403
    await close(await open_socket("zee/ws", headers={"Cookie": cookies}))


async def test_web_socket_closes_where_the_dashboard_does_not_answer(
    open_socket, dashboard, pretended
):
    pretended.dashboards["zee"] = "http://127.0.0.1:9"
    socket = await open_socket("zee/ws")
    assert await asyncio.wait_for(socket.read_message(), 10) is None
    socket.close()


async def test_site_decides_who_may_look(jp_serverapp, look, open_socket, dashboard):
    from tests.server.authorizers import Nothing, ReadOnly

    jp_serverapp.web_app.settings["authorizer"] = ReadOnly(parent=jp_serverapp)
    assert (await look("zee", "page")).code == 200
    jp_serverapp.web_app.settings["authorizer"] = Nothing(parent=jp_serverapp)
    assert (await look("zee", "page")).code == 403
    with pytest.raises(HTTPClientError) as refused:
        await open_socket("zee/ws")
    assert refused.value.code == 403
