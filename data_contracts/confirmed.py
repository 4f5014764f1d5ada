"""What follows for a subject once people have confirmed the finding."""

from __future__ import annotations

from fairdeal.data_contracts.actions import Action
from fairdeal.data_contracts.typologies import Detector

#: What is done about a subject once a person has confirmed the finding.
CONFIRMED_ACTION: dict[Detector, Action] = {Detector.PAYMENTS: Action.BLOCK, Detector.DEALS: Action.HOLD, Detector.REVIEWS: Action.HOLD}
#: What a person confirmed stands this long, unless an appeal holds.
CONFIRMED_DAYS = 30
