"""Trains models in a process of its own: `python -m ivr.understanding.worker EXAMPLES MODELS LANGUAGE…`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# Before numpy: on a server that lives calls, a training takes one core and no more.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def main(examples: Path, models: Path, languages: list[str]) -> int:
    """Writes a model for each language; one line on standard error if it cannot be done."""
    from ivr.understanding.concepts import read_concepts  # noqa: PLC0415 - after the variable above
    from ivr.understanding.examples import read_examples, version_of  # noqa: PLC0415
    from ivr.understanding.model import model_file  # noqa: PLC0415
    from ivr.understanding.port import ExamplesUnfit  # noqa: PLC0415
    from ivr.understanding.training import train  # noqa: PLC0415

    try:
        for language in languages:
            version = version_of(examples, language)
            model = train(read_examples(examples, language), read_concepts(examples, language), version)
            model.save(model_file(models, language, version))
    except (ExamplesUnfit, OSError) as fault:
        print(fault, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    os.nice(10)
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
