"""Cases as a table for a spreadsheet, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from fairdeal.data_contracts.spreadsheets import BYTE_ORDER_MARK, csv_row, harmless, quoted
from fairdeal.disputes.models import CLOSE_CODE_TEXTS, Case
from fairdeal.disputes.queue_rows import queue_row
from fairdeal.disputes.wording import instant_text

#: Most cases of one table.
MOST = 50_000


def csv_lines(cases: Iterable[Case]) -> Iterator[bytes]:
    """The lines of the table, the heading first; the cases come from `with_headline`. Times are the platform's."""
    heading = (
        _("case"), _("type"), _("subject kind"), _("subject"), _("status"), _("outcome"), _("held by"), _("members"), _("strongest reason"),
        _("expected loss"), _("money"), _("opened"), _("closed"),
    )  # fmt: skip
    yield (BYTE_ORDER_MARK + csv_row(quoted(capfirst(name)) for name in heading)).encode()
    for case in cases:
        row = queue_row(case)
        texts = (
            case.case_id,
            case.type_text,
            row.kind,
            case.subject_id,
            case.status_text,
            str(CLOSE_CODE_TEXTS.get(case.close_code, "")),
            case.holder,
        )
        closed = instant_text(case.closed_at) if case.closed_at else ""
        ends = (row.why, row.expected_loss, row.money_at_risk, instant_text(case.opened_at), closed)
        cells = [*map(_cell, texts), str(case.member_count), *map(_cell, ends)]
        yield csv_row(cells).encode()


def _cell(text: str) -> str:
    return quoted(harmless(text))
