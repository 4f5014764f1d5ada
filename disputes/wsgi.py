"""The console for a WSGI server of one's own: ``FAIRDEAL_HOME`` says where its state is."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.wsgi import get_wsgi_application

from fairdeal.disputes.django_setup import configure

configure(
    Path(os.environ.get("FAIRDEAL_HOME", ".fairdeal")),
    time_zone=os.environ.get("FAIRDEAL_TIME_ZONE", "Asia/Shanghai"),
    allowed_hosts=tuple(host for host in os.environ.get("FAIRDEAL_ALLOWED_HOSTS", "").split(",") if host),
)
application = get_wsgi_application()
