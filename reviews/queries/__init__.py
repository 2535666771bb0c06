"""The nouns: each answers one screen or report."""
