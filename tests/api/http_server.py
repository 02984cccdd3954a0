"""An HTTP handler with a canned answer."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler


class Answering(BaseHTTPRequestHandler):
    answer: tuple[int, bytes] = (200, b"{}")
    asked: tuple[str, str | None] = ("", None)

    def do_GET(self):
        type(self).asked = (self.path, self.headers["Authorization"])
        self.send_response(self.answer[0])
        self.end_headers()
        self.wfile.write(self.answer[1])

    def log_message(self, *args):
        pass
