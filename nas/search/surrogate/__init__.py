"""Search for expensive evaluations: models of what was evaluated choose what is evaluated next."""
