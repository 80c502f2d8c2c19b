"""Replacements of modules that Pulumi's servicer of dynamic providers uses (pulumi/dynamic/__main__.py)."""
