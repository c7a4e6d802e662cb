"""A trained model beside its base model, on the same held-out takes."""

from dataclasses import dataclass
from typing import Final

SCORE: Final = "score"
"""Name of the figure of ``Task.validate`` that decides which weights are best; lower is better."""


@dataclass(frozen=True)
class Comparison:
    """Figures by name; "score", lower is better, decides.

    Attributes:
        ours: of the trained model; empty without held-out takes.
        base: of the base model; empty without one.
    """

    ours: dict[str, float]
    base: dict[str, float]

    @property
    def is_worse(self) -> bool:
        """Whether the base model would have done better."""
        return bool(self.ours and self.base) and not self.ours[SCORE] <= self.base[SCORE]

    def text(self) -> str:
        """Both as a table, with a warning where the base is better."""
        if not self.ours:
            return "No take was held out, so nothing says how well this model does on new lines."
        rows = [("on held-out takes", "trained", "base" if self.base else "")]
        rows += [(name, f"{value:.4f}", self._base_text(name)) for name, value in self.ours.items()]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines = [f"{name:{widths[0]}}  {ours:>{widths[1]}}  {base:>{widths[2]}}".rstrip() for name, ours, base in rows]
        return "\n".join([*lines, *([self.warning()] if self.is_worse else [])])

    def warning(self) -> str:
        """The sentence for a model that is worse than its base."""
        return (
            f"WARNING: this model is worse than its base on the held-out takes "
            f"({SCORE} {self.ours[SCORE]:.4f} against {self.base[SCORE]:.4f}); use the base, or record more takes."
        )

    def _base_text(self, name: str) -> str:
        return f"{self.base[name]:.4f}" if name in self.base else ""
