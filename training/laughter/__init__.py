"""Laughs: in recordings, in spoken lines, and what a face does then; and LaughTalk Compact, which learns from them."""
