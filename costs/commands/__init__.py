"""The commands, one a module. `configure(parser)` adds options, `run(args)` returns the status."""
