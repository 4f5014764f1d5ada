"""Every contract by table name: what comes in, what goes out."""

from __future__ import annotations

from fairdeal.data_contracts.account_events import ACCOUNT_EVENTS
from fairdeal.data_contracts.alerts import ALERTS
from fairdeal.data_contracts.contract import Contract
from fairdeal.data_contracts.features import FEATURES
from fairdeal.data_contracts.feed import FEED
from fairdeal.data_contracts.labels import LABELS
from fairdeal.data_contracts.orders import ORDERS
from fairdeal.data_contracts.parties import BUYERS, LISTINGS, MERCHANTS
from fairdeal.data_contracts.payments import PAYMENTS
from fairdeal.data_contracts.reason_feedback import REASON_FEEDBACK
from fairdeal.data_contracts.refunds import REFUNDS
from fairdeal.data_contracts.reviews import REVIEWS
from fairdeal.data_contracts.scores import DECISIONS, SCORES
from fairdeal.data_contracts.shipments import SHIPMENTS

#: Tables that a source may give.
INBOUND: dict[str, Contract] = {
    contract.name: contract
    for contract in (ORDERS, PAYMENTS, REFUNDS, REVIEWS, SHIPMENTS, ACCOUNT_EVENTS, MERCHANTS, BUYERS, LISTINGS, LABELS)
}

#: Tables that the product makes.
OUTBOUND: dict[str, Contract] = {contract.name: contract for contract in (FEATURES, SCORES, DECISIONS, ALERTS, FEED, REASON_FEEDBACK)}
