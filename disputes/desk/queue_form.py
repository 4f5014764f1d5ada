"""What the queue can be narrowed to and ordered by."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairdeal.disputes.domain import CASE_TYPES, STATUSES
from fairdeal.disputes.listing import ORDERS, Asked
from fairdeal.disputes.models import CLOSE_CODE_TEXTS, in_language


class QueueForm(forms.Form):
    """What the queue can be narrowed to and ordered by; everything stands in the address of the page."""

    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=200)
    status = forms.ChoiceField(label=gettext_lazy("status"), required=False)
    case_type = forms.ChoiceField(label=gettext_lazy("type"), required=False)
    held = forms.ChoiceField(label=gettext_lazy("held by"), required=False)
    close_code = forms.ChoiceField(label=gettext_lazy("outcome"), required=False)
    order = forms.ChoiceField(label=gettext_lazy("sorted by"), required=False)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data, label_suffix="", auto_id="fd-%s")
        anything = ("", _("any"))
        choices: dict[str, list[tuple[str, Any]]] = {
            "status": [("", _("open")), ("all", _("all, closed too")), *((code.value, _told(facts)) for code, facts in STATUSES.items())],
            "case_type": [anything, *((code.value, _told(facts)) for code, facts in CASE_TYPES.items())],
            "held": [("", _("anybody")), ("me", _("me")), ("nobody", _("nobody"))],
            "close_code": [anything, *((str(code), text) for code, text in CLOSE_CODE_TEXTS.items())],
            "order": [
                ("", _("most at stake first")),
                ("oldest", _("oldest first")),
                ("newest", _("newest first")),
                ("members", _("most members first")),
            ],
        }
        for name, found in choices.items():
            field: Any = self.fields[name]
            field.choices = [*found, ("open", _("open"))] if name == "status" and data.get(name) == "open" else found
        self.fields["q"].widget.attrs |= {
            "type": "search",
            "placeholder": _("id, merchant, account, kind of cheat, words of a reason or review"),
        }

    @property
    def asked(self) -> Asked:
        """Which cases; of a valid form."""
        sent = self.cleaned_data
        return Asked(sent["status"] or "open", sent["case_type"], sent["held"], sent["close_code"], sent["q"])

    @property
    def chosen_order(self) -> str:
        """In which order; of a valid form."""
        return str(self.cleaned_data["order"]) if self.cleaned_data["order"] in ORDERS else "loss"


def _told(facts: Any) -> str:
    return in_language(facts.zh, facts.en)
