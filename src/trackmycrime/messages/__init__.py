"""What victims and police write to each other: threads, the clock of an answer, and true states."""
