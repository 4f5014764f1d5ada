"""In which roles a signed-in person acts: the groups they are in, which bear the roles' names."""

from __future__ import annotations

from typing import Any

from fairdeal.disputes.domain import Deed, Role, Scope, Skill, may

#: Scopes under which the tables of the queue are open to a person.
_WHOLE_QUEUE = frozenset({Scope.ALL, Scope.MASKED})


def roles_of(user: Any) -> frozenset[Role]:
    """The roles of ``user``; nobody's roles are none."""
    if not user.is_active:
        return frozenset()
    if not hasattr(user, "_fairdeal_roles"):  # asked many times while one page is made
        names = set(user.groups.values_list("name", flat=True))
        user._fairdeal_roles = frozenset(role for role in Role if role in names) | ({Role.ADMIN} if user.is_superuser else set())
    roles: frozenset[Role] = user._fairdeal_roles
    return roles


def skills_of(user: Any) -> frozenset[Skill]:
    """What ``user`` may do beyond the roles; the groups of skills bear their names."""
    if not user.is_active:
        return frozenset()
    names = set(user.groups.values_list("name", flat=True))
    return frozenset(skill for skill in Skill if skill in names)


def may_read_queue(user: Any) -> bool:
    """Whether ``user`` may see the cases of others."""
    return bool(may(roles_of(user), Deed.READ_CASE) & _WHOLE_QUEUE)


def leads_team(user: Any) -> bool:
    """Whether ``user`` leads the team: may hand on any case, whoever holds it."""
    return Scope.ALL in may(roles_of(user), Deed.REASSIGN_CASE)


def analysts() -> list[str]:
    """Names of the people who can be given cases."""
    return _in_role(Role.ANALYST)


def _in_role(role: Role) -> list[str]:
    from django.contrib.auth import get_user_model  # models exist after configure() only

    found = get_user_model().objects.filter(is_active=True, groups__name=role)
    return sorted(found.values_list("username", flat=True))
