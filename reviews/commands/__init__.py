"""The verbs: each changes one thing in one unit of work."""
