"""YAML without its surprises: nothing wins silently, nothing grows from a few bytes, and every fault is one kind."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import yaml
from yaml.constructor import ConstructorError

T = TypeVar("T")
_SWITCH = "tag:yaml.org,2002:bool"
# What the conversion of a malformed value may raise, such as the date 2020-13-45 or an empty number.
_MISTAKES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class _Plain(yaml.SafeLoader):
    """YAML in which only true and false are switches, so that ``on`` stays the name of a term, and ``no`` a name."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in found if tag != _SWITCH]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """A node that stands in the text itself: an alias (``*name``) lets a short text become a huge one."""
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise ConstructorError(None, None, "it holds an alias (*)", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping in which no name stands twice: the second would silently win."""
        if isinstance(node, yaml.MappingNode):
            self.flatten_mapping(node)
            _refuse_names_that_stand_twice(node)
        return super().construct_mapping(node, deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """A value; one that is not of the kind it looks like is a fault of the text."""
        try:
            return super().construct_object(node, deep)
        except _MISTAKES:
            kind = node.tag.rpartition(":")[2]
            raise ConstructorError(None, None, f"a malformed {kind}", node.start_mark) from None


def _refuse_names_that_stand_twice(node: yaml.MappingNode) -> None:
    seen: set[str] = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                raise ConstructorError(None, None, f"{key.value} stands twice", key.start_mark)
            seen.add(key.value)


_Plain.add_implicit_resolver(_SWITCH, re.compile("^(?:true|True|false|False)$"), list("tTfF"))


def load_yaml(text: str) -> object:
    """The value that a YAML text holds.

    Raises ``yaml.YAMLError`` at any fault: malformed text or values, a name that stands twice, an alias, or
    nesting too deep to read.
    """
    return _read(text, _Plain.get_single_data)


def load_entries(text: str) -> list[tuple[str, object]] | None:
    """The entries of a YAML text with their names, in order, those with one name all of them; None where it is no mapping.

    An entry with a fault of its own has that ``yaml.YAMLError`` as its value. Raises ``yaml.YAMLError`` where the text as a
    whole can't be read.
    """
    return _read(text, _entries)


def _entries(loader: _Plain) -> list[tuple[str, object]] | None:
    root = loader.get_single_node()
    if not isinstance(root, yaml.MappingNode):
        return None
    return [(str(loader.construct_object(name, deep=True)), _value(loader, value)) for name, value in root.value]


def _value(loader: _Plain, node: yaml.Node) -> object:
    try:
        return loader.construct_object(node, deep=True)
    except yaml.YAMLError as error:
        return error


def _read(text: str, of: Callable[[_Plain], T]) -> T:
    try:
        loader = _Plain(text)
        try:
            return of(loader)
        finally:
            loader.dispose()
    except RecursionError:
        raise yaml.MarkedYAMLError(problem="it is nested too deeply") from None
    except _MISTAKES:
        raise yaml.MarkedYAMLError(problem="it holds a malformed value") from None
