"""Images: import, capture, lists, changes, copies and sharing."""
