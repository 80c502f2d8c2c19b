"""Programs with Pulumi's own part of the work only, which benchmarks compare with."""
