"""Recorded speakers, with phone times by forced alignment."""
