"""Serves the console from this process: gunicorn, with the packages' own static files."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections
from gunicorn.app.base import BaseApplication


class Console(BaseApplication):  # type: ignore[misc]
    """Gunicorn without a command line or configuration file of its own."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        application = get_wsgi_application()
        import_module(settings.ROOT_URLCONF)  # before anyone asks, not while the first one waits
        return application


def serve(host: str = "127.0.0.1", port: int = 8000, *, workers: int = 1, threads: int = 4) -> None:
    """Answer on ``host:port`` until the process gets SIGTERM or SIGINT.

    Notes
    -----
    ``configure`` and ``migrate`` come first. A host beyond this machine's own names goes into ``configure(allowed_hosts=…)``.
    """
    if host not in settings.ALLOWED_HOSTS and host not in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        settings.ALLOWED_HOSTS.append(host)
    connections.close_all()  # a connection may not cross the fork
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    Console(
        {
            "bind": address,
            "workers": workers,
            "worker_class": "gthread",
            "threads": threads,
            "graceful_timeout": 5,  # an idle browser connection does not keep a stopped console alive
            "control_socket_disable": True,
            "loglevel": "warning",
            "proc_name": "fairdeal-console",
        }
    ).run()
