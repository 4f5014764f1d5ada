"""Small alerts for the tests, as the pipelines hand them over."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

AT = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)


def alert(number: int, subject: str = "M1", **changes: Any) -> dict[str, Any]:
    """An alert about order ``O<number>`` of merchant ``subject``."""
    row: dict[str, Any] = {
        "alert_id": f"A{number}",
        "run_id": "run-1",
        "detector": "deals",
        "subject_kind": "order",
        "subject_id": f"O{number}",
        "typology": "brushing",
        "case_type": "FAKE_DEAL",
        "case_subject_kind": "merchant",
        "case_subject_id": subject,
        "chosen_by": "expected_loss",
        "selection_probability": 1.0,
        "as_of_at": datetime(2026, 2, 28, 16, 0, tzinfo=UTC),
        "event_at": datetime(2026, 2, 28, 3, 0, tzinfo=UTC),
        "score": 0.93,
        "probability": 0.8,
        "amount_minor": 10_000 + number,
        "expected_loss_minor": 8_000 + number,
        "currency": "CNY",
        "action": "hold",
        "reasons": json.dumps(
            [
                {
                    "code": "shared_device",
                    "value": 14,
                    "norm": 1,
                    "text_zh": "同一设备下单 14 个账户，通常为 1 个",
                    "text_en": "14 accounts ordered from one device; usual is 1",
                }
            ]
        ),
        "evidence": json.dumps({"linked": ["O7", "O8"]}),
        "snapshot": json.dumps({"order_id": f"O{number}", "instrument_id": f"I{number}", "amount_minor": 10_000 + number}),
        "model_version": "deals-0123456789ab",
        "data_version": "d" * 64,
        "merchant_id": subject,
        "account_id": f"B{number}",
    }
    return row | changes
