"""Bundled weights, one model card each, and the catalogue of known downloads."""
