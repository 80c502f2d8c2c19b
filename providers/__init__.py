"""The dynamic resource providers: a file a resource, and beside them what they share.

The import path of every provider class here is stored in the state of every stack: it never changes.
"""
