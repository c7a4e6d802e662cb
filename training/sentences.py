"""Sentences for the synthesiser to read: original text, drawn from a small grammar rich in lip sounds."""

import random
from typing import Final

_PEOPLE: Final = (
    "my brother|the baker|a young pilot|Bob|Fiona|the whole village|our old neighbour|Mister Pym|her mother|"
    "the judge|a vain emperor|the boatman|Josh|Vivian|Hugh|the twelve monks|a shy giant|the plumber|Zoe|Philip|"
    "the cook|every farmer|Wendy|no one here|the choir|George|a thief|the queen|Oliver|your uncle Paul|"
    "the goat boy"
).split("|")
_DEEDS: Final = (
    "bought|painted|forgot|wrapped up|moved|found|pulled apart|brushed|looked for|gave away|borrowed|washed|"
    "bumped into|voted for|hid|pushed over|mended|chopped up|filmed|weighed|dreamed of|climbed over|threw|"
    "measured|fixed|enjoyed|swept past|buried|watched|cooked|opened|could not prove|has never liked|"
    "will surely keep|used to own|wove"
).split("|")
_THINGS: Final = (
    "a purple umbrella|five blue marbles|the broken bridge|that awful puzzle|a thousand maps|the oyster shells|"
    "a pound of beef|the garage door|some warm bread|a wooden flute|the moving van|three thin feathers|"
    "a bowl of plum jam|the measuring tape|a royal toy|the shower curtain|an azure vase|the cheap watch|"
    "a foolish wager|the hidden treasure|this heavy book|an apple pie|the frozen pond|a bag of peppers|"
    "every loose page|a pair of boots|the usual beige paper|a yellow mushroom|their first home|a cup of cocoa|"
    "the lamp above the piano|a huge wave|the foggy harbour|a leather jacket|the south wall"
).split("|")
_PLACES: Final = (
    "by the pier|before supper|above the shop|under a full moon|in the back room|for the third time|"
    "on a Thursday|with both hands|behind the theatre|after the ball game|without a word|from top to bottom|"
    "over the phone|near the beach|at half past five|through the fog|in February|as if by chance|"
    "beyond the valley|while the band played|in broad daylight|with some effort|just for fun|around the point|"
    "up in the attic|out of pure joy|between two meals"
).split("|")
_OPENERS: Final = (
    "Maybe|Of course|They say|I believe|Well|Believe me|Perhaps|Oh boy|Look|Why|You know|It is true|Please|No|"
    "Hmm|Suppose|We hope|Remember|Above all|Somehow|Every June"
).split("|")
_CLAUSES: Final = (
    "but nobody would admit it|because the pump was empty|and that was the end of it|so we all felt much better|"
    "although it rained|if you ask me|which annoyed the mayor|and the puppy barked|until the power failed|"
    "whatever the papers wrote|then both of them laughed|though I have my doubts|before anybody woke up|"
    "as the fire burned low|and you may quote me|since money was short|or at least they tried"
).split("|")
_WHOLE: Final = (
    "Pop the bubble wrap before Pam puts it by the map.|Move the boat, Bob, or we will bump the pier.|"
    "Five very brave foxes fought over half a loaf.|Who chose those new blue shoes for you?|"
    "The vision of a treasure gave him unusual pleasure.|Boys enjoy noisy toys; oil spoils the soil.|"
    "How now? Our brown cow found a crowd outside the house.|She sells a fresh fish dish at six each Sunday.|"
    "Judge Jones joined the jury in June and July.|Why would a wise woman wait while the wolves were away?|"
    "I might try to ride my bike up the high side.|Go slow, Joe, the road home is coated with snow.|"
    "Three thieves thought the path through the south was smooth.|"
    "That father and this mother gather there together.|Kick the can back, Greg, and get the good cake.|"
    "Sing a long song, young king, and ring the spring bells.|"
    "Lily really likes yellow lilies on the little hill.|Her first bird heard the third word and purred.|"
    "Ask Aunt Pat and Matt to pack that black bag fast.|All the tall hawks saw the small dog walk off the lawn.|"
    "Mom, am I among them, or must I come home?|Is it in his big tin ship, or did it slip and sink?|"
    "Keep each seat neat, Pete, or we leave the beach.|Eddie said ten men went west when the bell fell.|"
    "Up above, one mother duck must run from the mud.|Could you put a good book where the cook stood?|"
    "Hi! Oh, wow. No way. Yes? Hmm. Bye bye.|Stop. Wait for me. Now, jump!|Please be quiet. The baby is asleep.|"
    "What? You gave them my whole wallet?|Zip up, zebra, your zigzag pajamas are amazing.|"
    "Vera, leave the van above the river and save a vine for Eve.|"
    "Papa may be a poor baker, but Mama makes a mean muffin.|Have a happy half hour, Harry, and hurry home.|"
    "We wove a web of wool over every window."
).split("|")


def write_sentences(count: int, seed: int) -> list[str]:
    """So many sentences, the same ones for the same seed."""
    dice = random.Random(seed)
    return [_sentence(dice) for _ in range(count)]


def _sentence(dice: random.Random) -> str:
    kind = dice.random()
    if kind < 0.12:
        return dice.choice(_WHOLE)
    core = f"{dice.choice(_PEOPLE)} {dice.choice(_DEEDS)} {dice.choice(_THINGS)}"
    if kind < 0.45:
        text = f"{core} {dice.choice(_PLACES)}"
    elif kind < 0.70:
        text = f"{dice.choice(_OPENERS)}, {core}, {dice.choice(_CLAUSES)}"
    elif kind < 0.85:
        text = f"{dice.choice(_PLACES)}, {core}"
    else:
        text = f"{core}. {dice.choice(_OPENERS)}, {dice.choice(_PEOPLE)} {dice.choice(_DEEDS)} {dice.choice(_THINGS)}"
    return text[0].upper() + text[1:] + dice.choice((".", ".", ".", "!", "?"))
