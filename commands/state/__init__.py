"""State of stacks on this machine: locks, damaged files and their restoration."""
