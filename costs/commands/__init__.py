"""One command each: `configure(parser)` and `run(args)`, which answers the exit status."""
