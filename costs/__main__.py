"""`python -m costs COMMAND`: what calls cost."""

import sys

from stats.commands import run_command

# Each is a module of costs.commands with `configure(parser)` and `run(args)`.
COMMANDS = {
    "forecast": "what calls will cost",
    "stamps": "what a call does with one stamp, with two, and with two whose sockets sleep",
}

if __name__ == "__main__":
    sys.exit(run_command("costs", __doc__ or "", COMMANDS))
