"""
Read-only inspection of an image: facts on its disk and its system, and findings with their remedies.

Nothing is mounted and nothing is booted. ``isolated_inspection`` is the entry for everything that inspects images of
unknown origin: commands, and pages of the lab.
"""
