"""Effects: what decisions came to, once it is known who was a cheat."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fairdeal.data_contracts.actions import Action
from fairdeal.models.frames import Floats, floats, require
from fairdeal.models.losses import LossTable, Party, loss_if_fraud
from fairdeal.models.policy import Policy


def effects(decisions: pd.DataFrame, is_fraud: Floats, typology: pd.Series, policy: Policy, losses: LossTable) -> pd.DataFrame:
    """Money saved and lost by each decision, and whether an honest subject was disturbed.

    Parameters
    ----------
    decisions
        The contract of decisions.
    is_fraud
        1 or 0 per decision.
    typology
        What each fraud turned out to be; where it is null the kind that was hunted counts. Without meaning for honest subjects.
    policy, losses
        The rules by which an action is taken to prevent and to cost.

    Returns
    -------
    DataFrame
        In the order of ``decisions``, in minor units of the currency that the policy is written in: ``loss`` (what the subject would
        have cost if let pass; 0 for honest ones), ``prevented`` (the part of it that the action stops), ``friction`` (what the action
        costs an honest subject; 0 for frauds), ``saved`` (``prevented - friction``), and ``disturbed`` (an honest subject was not
        allowed at once); and for each party ``prevented_<party>`` and ``lost_<party>``, its part of what is prevented and of what is not.

    Notes
    -----
    What an action prevents is the policy's own assumption: past days show whom an action met, not what a cheat would have done next.
    """
    require(decisions, ("typology", "amount_minor", "currency", "action"), "effects: decisions")
    worth = decisions["currency"].map(lambda code: policy.worth.get(code, 1.0) if isinstance(code, str) else 1.0).to_numpy(dtype=np.float64)
    named = typology.astype("object").where(typology.notna(), decisions["typology"].to_numpy(dtype=object))
    known = pd.DataFrame({"typology": named.to_numpy(), "amount_minor": decisions["amount_minor"].to_numpy()}, index=decisions.index)
    fraud = is_fraud > 0.5
    borne = np.where(fraud[:, None], loss_if_fraud(known, losses) * worth[:, None], 0.0)
    loss = borne.sum(axis=1)
    measures = [policy.measures[Action(action)] for action in decisions["action"].astype("str")]
    amount = np.nan_to_num(floats(decisions["amount_minor"])) * worth
    effectiveness = np.asarray([measure.effectiveness for measure in measures], dtype=np.float64)
    prevented = loss * effectiveness
    friction = np.asarray([measure.friction_minor for measure in measures], dtype=np.float64)
    friction = np.where(fraud, 0.0, friction + amount * np.asarray([measure.friction_share for measure in measures], dtype=np.float64))
    acted = (decisions["action"].astype("str") != str(Action.ALLOW)).to_numpy()
    return pd.DataFrame(
        {
            "loss": loss,
            "prevented": prevented,
            "friction": friction,
            "saved": prevented - friction,
            "disturbed": acted & ~fraud,
            **{f"prevented_{party}": borne[:, at] * effectiveness for at, party in enumerate(Party)},
            **{f"lost_{party}": borne[:, at] * (1.0 - effectiveness) for at, party in enumerate(Party)},
        },
        index=decisions.index,
    )
