"""`python -m heliograph_dev`."""

import sys

from heliograph_dev import main

sys.exit(main())
