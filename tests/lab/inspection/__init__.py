"""Tests of the inspection of images, with small disks that are built without a mount."""
