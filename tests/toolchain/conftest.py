"""The probe program, for all tests of this folder."""

from tests.probe import probe as probe
