"""A real server that carries measures out, and fails on demand: it knows each measure by its key and takes effect once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass
class Enforcer:
    """What it was asked and what took effect.

    Parameters
    ----------
    faults
        What goes wrong with the next requests, in order: ``500``, ``refused`` (400), ``redirect``, ``dropped`` (no answer, no effect),
        ``lost`` (takes effect, the connection breaks before the answer), ``late`` (takes effect, the answer comes after the sender's
        patience), ``garbage`` (takes effect, the answer is no text).
    """

    address: str = ""
    faults: list[str] = field(default_factory=list)
    effects: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take_effect(self, key: str, body: bytes) -> str:
        with self.lock:
            self.effects.setdefault(key, json.loads(body))
        return f"R-{key[:8]}"


def is_signed(headers: dict[str, str], body: bytes, home: Path) -> bool:
    """Whether the message is what Standard Webhooks asks for, by the secret that the sender's home hands out."""
    secret = base64.b64decode((home / "keys" / "enforcement.secret").read_text().removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    return hmac.compare_digest(headers["webhook-signature"], expected)


@contextmanager
def serving() -> Iterator[Enforcer]:
    """The server, on a port of its own."""
    enforcer = Enforcer()

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            with enforcer.lock:
                enforcer.requests.append(headers)
                enforcer.bodies.append(body)
                fault = enforcer.faults.pop(0) if enforcer.faults else ""
            if fault == "dropped":
                self.connection.close()
                return
            if fault in ("500", "refused"):
                self.answer({"500": 500, "refused": 400}[fault], b"no")
                return
            if fault == "redirect":
                self.send_response(307)
                self.send_header("Location", f"{enforcer.address}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            receipt = enforcer.take_effect(headers["idempotency-key"], body)
            if fault == "lost":
                self.connection.close()
                return
            if fault == "late":
                enforcer.released.wait(30)
            content = b"\xff" * 100_000 if fault == "garbage" else json.dumps({"receipt": receipt}).encode()
            with suppress(OSError):  # the sender may have gone
                self.answer(200, content)

        def answer(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            pass

        def handle(self) -> None:
            with suppress(OSError, ValueError):  # a connection that was closed on purpose
                super().handle()

        def finish(self) -> None:
            with suppress(OSError, ValueError):
                super().finish()

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    with Server(("127.0.0.1", 0), Desk) as server:
        enforcer.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield enforcer
        finally:
            enforcer.released.set()
            server.shutdown()
            thread.join()
