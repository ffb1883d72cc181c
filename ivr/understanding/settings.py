"""How free speech is understood (`understanding` in ivr.yaml)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

SHIPPED = Path(__file__).resolve().parents[2] / "dialogs" / "nlu"


class UnderstandingSettings(BaseModel):
    """Whose examples, and which engine."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    examples: Path | None = None
    """The folder of training examples; default: `home`/nlu if it is there, else the shipped ones."""
    models: Path | None = None
    """Where trained models are kept; default: the user's cache."""
    rasa: dict[Literal["es", "ca", "en"], Annotated[str, Field(pattern=r"^https?://")]] = Field(
        default_factory=dict
    )
    """Rasa servers by language, asked first; the built-in engine answers where they do not."""
    collect: bool = True
    """Whether what nobody understood is kept, masked, for `ivr nlu learn` (`home`/nlu_learning)."""
    prepare: bool = True
    """Whether `ivr serve` has the models ready before the first caller speaks."""

    @staticmethod
    def learning_folder(home: Path) -> Path:
        """Where what was not understood lies, and what is to be labelled."""
        return home / "nlu_learning"

    def examples_folder(self, home: Path) -> Path:
        """Where the training examples lie; what is relative is relative to `home`."""
        if self.examples is not None:
            return self.examples if self.examples.is_absolute() else home / self.examples
        own = home / "nlu"
        return own if own.is_dir() else SHIPPED
