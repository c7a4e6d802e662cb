"""Karras et al. 2017, learnt from the captures of one actor."""
