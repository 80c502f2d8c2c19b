"""Sign-in to a region: order of the sources, and the client that they give."""
