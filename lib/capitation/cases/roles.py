"""The terms of a preset on one data set: partners and services named by their role are resolved to its own.

In a path ``{largest partner}``, ``{smallest partner}``, ``{smallest hospital}`` or ``{every partner}``; as a value
``{services in: [settings]}``, ``{partners: role}`` or ``{of income: share}``, the part of the income of the partner named in
the path.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from capitation.contract import ContractResult, result_of
from capitation.dataset import LinkedDataset
from capitation.design import ContractDesign, change
from capitation.errors import InputError
from capitation.terms import OTHER_PARTNERS

ROLE = re.compile(r"\{([a-z ]+)\}")
LARGEST, SMALLEST, HOSPITAL, EVERY = "largest partner", "smallest partner", "smallest hospital", "every partner"
ROLES = (LARGEST, SMALLEST, HOSPITAL, EVERY)
ACUTE = "acute"
SERVICES, PARTNERS, OF_INCOME = "services in", "partners", "of income"
STANDS_FOR: dict[str, Callable[[Any], Any]] = {
    SERVICES: lambda _: (), PARTNERS: lambda _: (), OF_INCOME: lambda share: 1_000.0 * share,
}  # fmt: skip
"""What a value by role is taken for where no data set is at hand, so that a text can be checked."""


def resolved(terms: Mapping[str, Any], dataset: LinkedDataset, base: ContractDesign, who: str) -> dict[str, Any]:
    """The terms by dotted path with plain values, on this data set and on top of ``base``.

    Raises InputError, naming ``who``, where the data lack a role's service or partner.
    """
    early = {path: _early(value, dataset, who) for path, value in terms.items() if not _needs_plan(path, value)}
    late = {path: value for path, value in terms.items() if _needs_plan(path, value)}
    if not late:
        return early
    found = result_of(dataset, change(base, early))
    return early | dict(pair for path, value in late.items() for pair in _late(path, value, found, who))


def unresolved(terms: Mapping[str, Any]) -> dict[str, Any]:
    """The terms as they can be checked without data: a role in a path names a partner, a value by role any of its kind.

    Raises InputError for a role that there is not.
    """
    return {_checked_path(path): _checked(path, value) for path, value in terms.items()}


def _checked_path(path: str) -> str:
    for role in ROLE.findall(path):
        _check(role, ROLES, path)
    return ROLE.sub("partner", path)


def _checked(path: str, value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    kind, of = next(iter(value.items()))
    _check(kind, tuple(STANDS_FOR), path)
    if kind == PARTNERS:
        _check(of, ROLES, path)
    return STANDS_FOR[kind](of)


def _check(role: str, known: Sequence[str], path: str) -> None:
    if role not in known:
        raise InputError(path, f"there is no role {role!r}", "one of " + ", ".join(known))


def is_plain(path: str, value: Any) -> bool:
    """Whether a term is the same on every data set."""
    return not ROLE.search(path) and not isinstance(value, Mapping)


def _needs_plan(path: str, value: Any) -> bool:
    return bool(ROLE.search(path)) or (isinstance(value, Mapping) and SERVICES not in value)


def _early(value: Any, dataset: LinkedDataset, who: str) -> Any:
    return services_in(value[SERVICES], dataset, who) if isinstance(value, Mapping) else value


def services_in(settings: Sequence[str], dataset: LinkedDataset, who: str) -> list[str]:
    """The data set's services in some settings. Raises InputError for a setting that has none."""
    of = dataset.services["setting"]
    for setting in settings:
        if setting not in set(of):
            raise InputError(who, f"these data have no care in the setting {setting!r}",
                             "a service in that setting; they have " + ", ".join(sorted(set(map(str, of)))))  # fmt: skip
    return [str(service) for service, setting in of.items() if setting in settings]


def _late(path: str, value: Any, found: ContractResult, who: str) -> list[tuple[str, Any]]:
    roles = ROLE.findall(path)
    partners = partners_of(roles[0], found, who) if roles else [""]
    return [(ROLE.sub(partner, path), _of_partner(value, partner, found, who)) for partner in partners]


def _of_partner(value: Any, partner: str, found: ContractResult, who: str) -> Any:
    if not isinstance(value, Mapping):
        return value
    if PARTNERS in value:
        return partners_of(value[PARTNERS], found, who)
    return round(value[OF_INCOME] * found.plans.past[partner][-1], 2)


def partners_of(role: str, found: ContractResult, who: str) -> list[str]:
    """The partners in a role, by their plan. Raises InputError where none stands by itself."""
    plan = {partner: share for partner, share in found.plan.items() if share > 0}
    if role == EVERY:
        return list(plan)
    alone = [p for p in plan if p != OTHER_PARTNERS and (role != HOSPITAL or p in _giving(ACUTE, found))]
    if len(plan) < 2 or not alone:
        what = "no hospital" if role == HOSPITAL else "fewer than two partners"
        raise InputError(
            who, f"these data have {what} that can be told apart from the others", "care by two partners or more"
        )
    pick = max if role == LARGEST else min
    return [pick(alone, key=lambda partner: plan[partner])]


def _giving(setting: str, found: ContractResult) -> set[str]:
    """The providers of the members' care in scope in a setting."""
    of = found.dataset.services["setting"]
    return {str(provider) for service, provider in found.cohort.costs.columns
            if service in found.scope.services and of.get(service) == setting}  # fmt: skip
