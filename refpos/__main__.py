"""`python -m refpos` is `refpos`."""

import sys

from refpos.cli import main

sys.exit(main())
