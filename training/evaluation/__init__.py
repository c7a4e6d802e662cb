"""What ``emotalk evaluate`` measures, each table from a module of its own."""
