"""The files of this folder import one another as they do where run.py is the command."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
