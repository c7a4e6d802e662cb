"""EmoTalk (Peng et al., ICCV 2023) on the captures of a studio: pairs of takes, the four losses, the whole network."""
