"""The policy pack: what must hold of a stack before it is created. Rules are pure functions of resolved inputs."""
