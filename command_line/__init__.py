"""The ``emotalk`` command: one subcommand per file, thin, heavy imports inside."""
