"""The ISO file that the stack `lab` is built from."""
