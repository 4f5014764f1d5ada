"""Shoppers: the buying accounts, their households and offices, devices, networks, addresses and instruments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fairdeal.simulator.chance import Flags, Floats, Ints, happens, pick
from fairdeal.simulator.clock import DAY, Period, hour_of, weekday_of
from fairdeal.simulator.goods import DEMAND, REGION_SHARE
from fairdeal.simulator.tokens import space

#: Instrument codes are ``buyer * SLOTS + slot``; the last slot is the one a buyer adds during the period.
SLOTS = 4
METHODS: tuple[str, ...] = ("card", "wallet", "transfer", "credit_line")
CARD = METHODS.index("card")


@dataclass(frozen=True)
class Shoppers:
    """Columns of one value per buying account; row number is the account's code.

    Parameters
    ----------
    registered_at
        Milliseconds.
    activity
        Relative number of orders; 0 for accounts that lie idle.
    taste
        How dear the account likes things, in standard deviations of a category's log price.
    favourites
        Two categories each.
    device, second_device, family_device
        Codes; -1 where there is none.
    new_device_at
        Moment from which a new phone replaces ``device``; the period's end or later when never.
    household, office, carrier
        Numbers; office is -1 where there is none.
    trip_from, trip_until, trip_network
        A journey; empty interval where there is none.
    instruments
        Three codes each, the commonest first; may repeat, may belong to a member of the family.
    instrument_count
        How many of the three are used.
    talkative, severity
        Probability to review a delivered order; shift of the stars given.
    is_english, is_fan
        Writes in English; praises whatever comes in words of its own that hardly change.
    """

    registered_at: Ints
    region: Ints
    has_assistant: Flags
    activity: Floats
    taste: Floats
    favourites: Ints
    household: Ints
    in_family: Flags
    device: Ints
    second_device: Ints
    family_device: Ints
    new_device_at: Ints
    office: Ints
    carrier: Ints
    trip_from: Ints
    trip_until: Ints
    trip_network: Ints
    instruments: Ints
    instrument_count: Ints
    method_of_instrument: Ints
    tier_of_instrument: Ints
    talkative: Floats
    severity: Floats
    is_english: Flags
    is_fan: Flags

    def __len__(self) -> int:
        return len(self.activity)

    @cached_property
    def active_ladder(self) -> Floats:
        """For drawing people in proportion to their activity."""
        return np.cumsum(self.activity)

    @cached_property
    def bought_ladder(self) -> Floats:
        """For drawing accounts that change hands: idle ones above all."""
        return np.cumsum(np.where(self.activity == 0, 3.0, 0.3))

    def joined_before(self, at: int) -> Callable[[Ints], Flags]:
        """Tells of some accounts which have joined by a moment."""

        def joined(buyer: Ints) -> Flags:
            return self.registered_at[buyer] < at

        return joined


def gather_shoppers(rng: np.random.Generator, period: Period, count: int) -> Shoppers:
    """A population of ``count`` accounts."""
    days = period.days
    household, is_shared = _households(rng, count)
    joins = happens(rng, 1 - np.exp(-days * 0.003), count)
    age = np.where(joins, -rng.random(count) * days * DAY, rng.beta(1.1, 2.2, count) * 2200 * DAY)
    activity = rng.gamma(0.6, 1.0, count) + 0.02
    activity[happens(rng, 0.12, count)] = 0.0
    number = np.arange(count, dtype=np.int64)
    offices = max(3, count // 60)
    travels = happens(rng, 1 - np.exp(-days * 0.004), count)
    trip_from = period.start + (rng.uniform(-2, days, count) * DAY).astype(np.int64)
    trip_length = np.where(travels, rng.uniform(2, 7, count) * DAY, 0).astype(np.int64)
    renews = happens(rng, 1 - np.exp(-days * 0.0015), count)
    instruments, instrument_count = _instruments(rng, household, is_shared)
    method = pick(rng, np.array([0.42, 0.45, 0.05, 0.08]), count * SLOTS)
    tier = np.clip(np.array([3, 3, 2, 2])[method] + rng.choice([-1, 0, 0, 0, 1], count * SLOTS), 1, 4)
    return Shoppers(
        registered_at=((period.start - age) // 1000 * 1000).astype(np.int64),
        region=pick(rng, REGION_SHARE, count),
        has_assistant=happens(rng, 0.07, count),
        activity=activity,
        taste=rng.normal(0, 0.8, count),
        favourites=pick(rng, DEMAND, count * 2).reshape(count, 2),
        household=household,
        in_family=is_shared,
        device=number,
        second_device=np.where(happens(rng, 0.35, count), space(2) + number, -1),
        family_device=np.where(is_shared & (household % 2 == 0), space(1) + household, -1),
        new_device_at=np.where(renews, period.start + rng.random(count) * days * DAY, period.end + 400 * DAY).astype(np.int64),
        office=np.where(happens(rng, 0.45, count), rng.integers(0, offices, count), -1),
        carrier=rng.integers(0, max(4, count // 250), count),
        trip_from=trip_from,
        trip_until=trip_from + trip_length,
        trip_network=rng.integers(0, max(5, count // 120), count),
        instruments=instruments,
        instrument_count=instrument_count,
        method_of_instrument=method,
        tier_of_instrument=tier.astype(np.int64),
        talkative=rng.beta(1.5, 3.5, count),
        severity=rng.normal(0, 0.45, count),
        is_english=happens(rng, 0.35, count),
        is_fan=happens(rng, 0.03, count),
    )


def _households(rng: np.random.Generator, count: int) -> tuple[Ints, Flags]:
    sizes = rng.choice(np.array([1, 2, 3, 4]), count, p=[0.72, 0.14, 0.09, 0.05])
    household = np.repeat(np.arange(count, dtype=np.int64), sizes)[:count]
    is_shared = np.repeat(sizes > 1, sizes)[:count]
    order = rng.permutation(count)
    return household[order], is_shared[order]


def _instruments(rng: np.random.Generator, household: Ints, is_shared: Flags) -> tuple[Ints, Ints]:
    """Own instruments, and in some families the instrument of the member who pays for all."""
    count = len(household)
    own = np.arange(count, dtype=np.int64)[:, None] * SLOTS + np.arange(SLOTS - 1, dtype=np.int64)[None, :]
    held = 1 + pick(rng, np.array([0.5, 0.35, 0.15]), count)
    head = np.full(household.max() + 1, -1, dtype=np.int64)
    head[household[::-1]] = np.arange(count, dtype=np.int64)[::-1]
    borrows = is_shared & happens(rng, 0.35, count)
    own[:, 1] = np.where(borrows, head[household] * SLOTS, own[:, 1])
    return own, np.where(borrows, np.maximum(held, 2), held)


@dataclass(frozen=True)
class Place:
    """From where something was done: one device, network and address code per row, and who was travelling."""

    device: Ints
    network: Ints
    address: Ints
    is_travelling: Flags


def whereabouts(rng: np.random.Generator, shoppers: Shoppers, buyer: Ints, at: Ints) -> Place:
    """From where honest people act: at home, in the office, on the road, on a journey."""
    count = len(buyer)
    hour, weekday = hour_of(at), weekday_of(at)
    travelling = (at >= shoppers.trip_from[buyer]) & (at < shoppers.trip_until[buyer])
    device = np.where(at >= shoppers.new_device_at[buyer], space(3) + buyer, shoppers.device[buyer])
    for other, share in ((shoppers.second_device[buyer], 0.25), (shoppers.family_device[buyer], 0.2)):
        device = np.where((other >= 0) & happens(rng, share, count), other, device)
    device = np.where(travelling & happens(rng, 0.2, count), space(4) + buyer * 8 + rng.integers(0, 3, count), device)
    at_work = (shoppers.office[buyer] >= 0) & (weekday < 5) & (hour >= 9) & (hour < 19) & happens(rng, 0.6, count)
    moves = happens(rng, 0.35, count)
    network = np.where(moves, space(2) + shoppers.carrier[buyer], shoppers.household[buyer])
    network = np.where(at_work, space(1) + shoppers.office[buyer], network)
    network = np.where(travelling & ~moves, space(3) + shoppers.trip_network[buyer], network)
    address = np.where(
        (shoppers.office[buyer] >= 0) & happens(rng, 0.15, count), space(1) + shoppers.office[buyer], shoppers.household[buyer]
    )
    address = np.where(happens(rng, 0.04, count), space(2) + rng.integers(0, len(shoppers) * 20, count), address)
    return Place(device, network, address, travelling)


#: First code of the networks that travellers use: hotels, stations, cafés.
TRAVEL_NETWORKS = space(3)


def instrument_at_hand(rng: np.random.Generator, shoppers: Shoppers, buyer: Ints) -> Ints:
    """The instrument an honest buyer reaches for: mostly the first, now and then another or a newly added one."""
    count = len(buyer)
    slot = np.minimum(pick(rng, np.array([0.78, 0.15, 0.07]), count), shoppers.instrument_count[buyer] - 1)
    instrument = shoppers.instruments[buyer, slot]
    return np.where(happens(rng, 0.012, count), buyer * SLOTS + SLOTS - 1, instrument)
