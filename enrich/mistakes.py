"""What a person did wrong, said so that they can put it right: the place, what is wrong there, and the cure."""

from __future__ import annotations


class Mistake(Exception):
    """Something in the input, or on this machine, that only the user can mend. The command line prints it and exits with 1."""

    def __init__(self, what: str, *, place: str | None = None, cure: str | None = None) -> None:
        super().__init__(what)
        self.what, self.place, self.cure = what, place, cure

    def __str__(self) -> str:
        return "\n".join(filter(None, (f"{self.place}: {self.what}" if self.place else self.what, self.cure and f"  cure: {self.cure}")))
