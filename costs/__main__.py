"""`python -m costs COMMAND`: what calls cost, and how often people can meet."""

import sys

from stats.commands import run_command

# Each is a module of costs.commands with `configure(parser)` and `run(args)`.
COMMANDS = {
    "forecast": "what calls will cost",
    "availability": "how often people can meet, by the vendors' promises",
}

if __name__ == "__main__":
    sys.exit(run_command("costs", __doc__ or "", COMMANDS))
