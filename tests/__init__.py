"""A package of its own, because a library brings a folder of this name along."""
