"""What is said when the input is wrong: one line with the place, the fault and what was expected."""


class InputError(Exception):
    """The input can't be used as it is. Shown as one line; the command ends with status 2."""

    def __init__(self, where: str, what: str, expected: str):
        super().__init__(f"{where}: {what}; expected {expected}")
        self.where, self.what, self.expected = where, what, expected

    def __reduce__(self) -> tuple[type["InputError"], tuple[str, str, str]]:
        return type(self), (self.where, self.what, self.expected)
