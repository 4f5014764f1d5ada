"""Every address of the desk, and what answers there. Who may stands in `rights.DEEDS`."""

from __future__ import annotations

from fairdeal.disputes.desk import case, queue, signing_in, steps, theme, today
from fairdeal.disputes.desk.gate import Page

PAGES: tuple[Page, ...] = (
    Page("", "today", {"GET": today.show}),
    Page("login/", "login", {"GET": signing_in.sign_in, "POST": signing_in.sign_in}),
    Page("logout/", "logout", {"POST": signing_in.sign_out}),
    Page("password/", "password", {"GET": signing_in.change_password, "POST": signing_in.change_password}),
    Page("theme/", "theme", {"POST": theme.choose_theme}),
    Page("queue/", "queue", {"GET": queue.show}),
    Page("queue/next/", "queue_next", {"POST": steps.take_next}),
    Page("queue/selected/", "queue_selected", {"POST": queue.act_on_selected}),
    Page("case/<str:case_id>/", "case", {"GET": case.show}),
    *(
        Page(f"case/<str:case_id>/{name}/", f"case_{name}", {"POST": view})
        for name, view in {
            "step": steps.step,
            "preview": case.preview,
            "claim": steps.claim,
            "reassign": steps.reassign,
            "pause": steps.pause,
            "split": steps.split,
            "note": steps.note,
        }.items()
    ),
)

urlpatterns = [page.pattern for page in PAGES]
