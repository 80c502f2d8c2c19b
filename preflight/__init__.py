"""What can be known before anything is bought: read-only checks of all builds against the cloud, and their judgements.

Knows nothing of Pulumi. A judgement is a pure function of facts; only `catalog` asks the cloud for them.
"""
