"""Acting: what the face does with the voice and the emotion, on the curves of any network."""
