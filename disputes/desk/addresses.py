"""Every address of the desk, and what answers there. Who may stands in `rights.DEEDS`."""

from __future__ import annotations

from fairdeal.disputes.desk import (
    case,
    evidence,
    granting,
    handover,
    marks,
    my_cases,
    own,
    party,
    queue,
    second_factor,
    second_look,
    signing_in,
    sleeping,
    staffing,
    steps,
    theme,
    today,
    trust,
)
from fairdeal.disputes.desk.gate import Page

PAGES: tuple[Page, ...] = (
    Page("", "today", {"GET": today.show}),
    Page("login/", "login", {"GET": signing_in.sign_in, "POST": signing_in.sign_in}),
    Page("logout/", "logout", {"POST": signing_in.sign_out}),
    Page("password/", "password", {"GET": signing_in.change_password, "POST": signing_in.change_password}),
    Page("second-factor/", "second_factor", {"GET": second_factor.show, "POST": second_factor.show}),
    Page("second-factor/new/", "second_factor_new", {"GET": second_factor.enrol, "POST": second_factor.enrol}),
    Page("theme/", "theme", {"POST": theme.choose_theme}),
    Page("queue/", "queue", {"GET": queue.show}),
    Page("queue/next/", "queue_next", {"POST": steps.take_next}),
    Page("queue/selected/", "queue_selected", {"POST": queue.act_on_selected}),
    Page("my/", "my_cases", {"GET": my_cases.show}),
    Page("own/", "own", {"GET": own.show}),
    Page("own/macros/", "own_macros", {"POST": own.keep_macro}),
    Page("own/filters/", "own_filters", {"POST": own.keep_filter}),
    Page("handover/", "handover", {"GET": handover.show, "POST": handover.hand_over}),
    Page("handover/read/", "handover_read", {"POST": handover.read}),
    Page("staffing/", "staffing", {"GET": staffing.show, "POST": staffing.set_hours}),
    Page("trust/", "trust", {"GET": trust.show, "POST": trust.change}),
    Page("roles/", "roles", {"GET": granting.show, "POST": granting.change}),
    Page("second-look/", "second_look", {"GET": second_look.show, "POST": second_look.change}),
    Page("agreement/", "agreement", {"GET": second_look.agreement, "POST": second_look.adjudicate}),
    Page("case/<str:case_id>/", "case", {"GET": case.show}),
    Page("party/<str:kind>/<path:party_id>/", "party", {"GET": party.show}),
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
            "attach": evidence.attach,
            "reveal": evidence.reveal,
            "draft": own.keep_draft,
            "follow": my_cases.follow,
            "mark": marks.mark,
            "snooze": sleeping.snooze,
            "trust": trust.propose,
        }.items()
    ),
    Page("case/<str:case_id>/evidence/<str:evidence_id>/file/", "evidence_file", {"GET": evidence.file}),
    Page("case/<str:case_id>/evidence/<str:evidence_id>/picture/", "evidence_picture", {"GET": evidence.picture}),
    Page("case/<str:case_id>/evidence/<str:evidence_id>/withdraw/", "evidence_withdraw", {"POST": evidence.withdraw}),
)

urlpatterns = [page.pattern for page in PAGES]
