"""`python -m stats COMMAND`: look after the database of statistics, and show availability."""

import sys

from stats.commands import run_command

# Each is a module of stats.commands with `configure(parser)` and `run(args)`.
COMMANDS = {
    "migrate": "bring the database to the newest schema",
    "grant": "give the app access to the database, and to nothing else",
    "replay": "put poisoned reports back into the queue",
    "retain": "delete reports that are too old, as the app does daily",
    "demo": "write demonstration data into a local database",
    "availability": "how available the design is, as it is promised and as it was measured",
}

if __name__ == "__main__":
    sys.exit(run_command("stats", __doc__ or "", COMMANDS))
