"""Sentences for the synthesisers: original text from a random grammar, rich in labial consonants.

The vocabulary has every labial consonant (p, b, m, f, v, w) before and after every vowel, and sentences share phrases
at most, so that a network learns phones in all contexts and not texts.
"""

import random
import re
from typing import Final

_RULES: Final[dict[str, str]] = {
    "sentence": (
        "<statement>|<statement>|<statement>|<statement>|<statement>|<statement>|<question>|<question>|<order>|"
        "<order>|<exclamation>|<exclamation>|<report>|<report>|<count>|<count>|<talk>|<talk>|<talk>|<whole>"
    ),
    "statement": (
        "<who> <did> <thing>.|<who> <did> <thing> <where>.|<where>, <who> <did> <thing>.|"
        "<opener>, <who> <did> <thing>.|<opener>, <who> <did> <thing>, <clause>.|"
        "<thing> and <thing> <happened> <where>.|<who> <happened>, <clause>.|"
        "<who> <did> <thing>, and <who> <happened>.|<who>, who <happened> <where>, <did> <thing>.|"
        "<thing> was <trait>, but <thing> was <trait>.|<who> said that <who> <did> <thing>.|"
        "<when>, <thing> <happened>.|if <who> <did> <thing>, then <thing> <happened>.|"
        "<who> is more <trait> than <who>.|<who> was <doing> <thing> <where>.|<doing> <thing> made <who> <trait>.|"
        "what <who> <did> <where> was <thing>.|there was <thing> <where>, <clause>.|<who> <happened> <how> <when>."
    ),
    "question": (
        "who <did> <thing> <where>?|why would <who> <do> <thing>?|did <who> <do> <thing>, or was it <who>?|"
        "could you <do> <thing> <how>?|how often do you <do> <thing>?|where have you put <thing>?|"
        "is <thing> <trait>?|what about <thing>?|when will <who> <do> <thing>?|"
        "would you rather <do> <thing> or <do> <thing>?|may I <do> <thing>, please?|which of you <did> <thing>?|"
        "are you sure that <who> <happened>?|do you have <thing>, <name>?|whose is <thing>?|are you <doing> <thing>?|"
        "why is <who> <doing> <thing>?"
    ),
    "order": (
        "<do> <thing> <how>, please.|<name>, <do> <thing> and <do> <thing>.|never <do> <thing> <where>!|"
        "please <do> <thing> before you <do> <thing>.|let us <do> <thing> <when>.|stop, <name>! <do> <thing>!|"
        "don't <do> <thing>; <do> <thing> instead.|give me <thing>, or <do> <thing>."
    ),
    "exclamation": (
        "what <thing>!|how <trait>! <who> <did> <thing>.|<cry>, <name>! <cry>!|<cry>! <who> <happened>!|"
        "<thing>? <cry>!|<name>, <name>, <name>! <cry>!|that was <trait> and <trait>!"
    ),
    "report": (
        "it is <number> minutes past <digit> on <day>.|<number> of the <number> <things> are <trait>.|"
        "please dial <digit> <digit> <digit>, <digit> <digit> <digit> <digit>.|<month> the <ordinal> is a <day>.|"
        "that makes <number> pounds and <number> pence.|chapter <digit>: <thing> and <thing>.|"
        "the <ordinal> of <month> was <trait>, the <ordinal> was <trait>.|it is <number> degrees <where>."
    ),
    "count": (
        "<things>, <things>, <things> and <things>.|<name>, <name>, <name> and <name>.|<trait>, <trait>, <trait>.|"
        "<digit> <things>, <digit> <things>, and <number> <things>.|<do>, <do>, <do> and <do> <thing>.|"
        "<rhyme>, <rhyme>, <rhyme>, <rhyme>.|<rhyme> and <rhyme>, <rhyme> and <rhyme>.|say <rhyme>, not <rhyme>."
    ),
    "talk": (
        "yes, I <did> <thing>.|no, we never <did> <thing>.|<opener>, I can <do> <thing>.|"
        "I wish you would <do> <thing>.|I am <trait>, you are <trait>, and we are <trait>.|"
        "my <kin> <happened> <when>.|he knows, she knows, they know.|I don't know why <who> <did> <thing>.|"
        "you and I will <do> <thing> <when>.|we have to <do> <thing>, <clause>.|"
        "her <kin> and my <kin> <did> <thing>.|it's only me, <name>; I <did> <thing>.|"
        "we are <doing> <thing>, and they are <doing> <thing>.|I'm <doing> the wrong <object> again.|"
        "nothing is as <trait> as <doing> <thing>."
    ),
    "who": (
        "<name>|<name>|my <kin>|your <kin>|the <trait> <person>|a <person>|every <person>|<name> and <name>|nobody|"
        "their <person>|the whole <group>|<digit> <persons>|no one in the <group>|our <trait> <kin>|somebody"
    ),
    "thing": (
        "a <trait> <object>|the <trait> <object>|some <stuff>|a <measure> of <stuff>|the <object>|that <object>|"
        "my <object>|<digit> <trait> <things>|a few <things>|his <trait> <things>|her <object>|another <object>|"
        "<name>'s <object>|all the <things>|this <stuff>|the <object> of the <person>|no <stuff>|"
        "the <object> above the <object>"
    ),
    "group": "village|family|army|choir|team|bank|theatre|office|world|crowd|class|tribe|jury|club|fleet|school|tower",
    "kin": "mother|father|brother|sister|uncle|aunt|cousin|wife|nephew|boss|baby|neighbour|friend|partner|grandpa",
    "name": (
        "Bob|Fiona|Vivian|Hugh|Wendy|George|Oliver|Paul|Zoe|Josh|Philip|Pam|Mabel|Harvey|Joy|Owen|Beth|Toby|Ruth|Fay|"
        "Victor|Mary|Booth|Quinn|Maya|Louise|Vera|Peter|Bill|Emma|Abby|Floyd|Jack|Thelma|Ralph|Yvonne|Moe|Theo|Walt|"
        "Sophie|Faith|Eve|Earl|Doctor Burke|Mister Webb|Captain Vaughn|Auntie Pearl|Judge Moyer|Lady Byrne|Ivy|"
        "Umberto"
    ),
    "person": (
        "baker|pilot|judge|emperor|boatman|monk|giant|plumber|cook|farmer|thief|queen|poet|wolf|mayor|woman|boy|"
        "driver|fireman|bishop|champion|shepherd|waiter|mouse|puppy|butcher|painter|robber|voter|weaver|swimmer|"
        "viking|fool|employer|worm|beaver|coward|hero|ghost|witch|prophet|beauty|youth|barber|foreman|wizard|captain|"
        "referee"
    ),
    "persons": (
        "bakers|pilots|women|wolves|thieves|boys|farmers|monks|poets|brothers|people|men|voters|children|fools|"
        "waiters|firemen|painters|witches|mothers|babies|sheep|puppies|bees|girls|judges|sailors|lawyers|dwarves|"
        "foxes"
    ),
    "object": (
        "umbrella|rib|bib|crib|ribbon|bridge|puzzle|map|flute|van|feather|toy|curtain|vase|watch|wager|treasure|book|"
        "pie|pond|page|mushroom|home|piano|wave|harbour|jacket|wall|boat|bowl|bull|poem|voice|violin|window|wheel|"
        "whip|wood|web|vowel|vow|foil|fowl|fir|fern|verb|verse|version|word|work|world|moor|moon|mule|mouth|mirror|"
        "myrtle|murmur|power|pound|purse|pearl|pool|pulpit|push|pear|pier|pony|poison|point|beard|bear|bird|burden|"
        "boot|bush|beam|boil|buoy|bough|oyster|employment|envelope|ivory box|oven|glove|dove|nerve|curve|proof|roof|"
        "hoof|loaf|leaf|cough|surf|scarf|giraffe|thief's hoof|lamp|camp|ramp|pump|lump|bulb|globe|tube|robe|cube|"
        "herb|crab|club|tomb|room|broom|poem|dome|comb|farm|storm|film|term|worm|palm|problem|album|drum|thumb|game|"
        "frame|dream|limb|soup|group|rope|soap|tape|grape|ship|lip|chirp|harp|shop|cup|ape|heap|loop|warp|"
        "bishop's cap|avenue|avalanche|amber|opera|opal|apple|upper bunk|abbey|ebony box|ember|hobby|rubber ball|"
        "ruby|summer|hammer|lemon|woman's hymn|chimney|omen|ocean|vision|measure|garage|judgement|badge|cage|church|"
        "bench|witch's torch|youth club|use|year|yacht|bathtub|path among angry geese|finger|English king|youngster|"
        "length of string|young gang|yoke|yard|thought|thumb|path|myth|growth|wreath|clothing|leather bag|"
        "feather bed|weather vane|bathrobe"
    ),
    "things": (
        "umbrellas|bridges|maps|flutes|vans|feathers|toys|vases|watches|books|pies|ponds|mushrooms|pianos|waves|"
        "jackets|boats|bowls|voices|windows|wheels|words|vowels|verbs|worms|mirrors|pearls|pears|points|birds|boots|"
        "beams|gloves|doves|hooves|loaves|leaves|scarves|lamps|bulbs|robes|cubes|crabs|combs|farms|storms|films|"
        "palms|drums|thumbs|games|dreams|lips|ropes|grapes|ships|cups|apes|apples|rubies|hammers|lemons|visions|"
        "garages|cages|benches|torches|paths|myths|tables|bottles|ovens|eyebrows|elbows|wives|knives|pumps|puppets|"
        "bumblebees|wharves|months"
    ),
    "stuff": (
        "beef|bread|jam|paper|cocoa|butter|water|wool|foam|pepper|money|coffee|powder|ivory|honey|fur|rubber|lava|"
        "soup|milk|mud|velvet|fabric|fish|fruit|syrup|wheat|oil|air|smoke|music|poetry|furniture|luggage|homework|"
        "perfume|bamboo|caviar|vapour|beauty|evidence|food|warmth|wisdom|mayhem|applause|pleasure|leisure|hope|fog|"
        "pollen"
    ),
    "measure": (
        "bowl|bag|pound|cup|bit|piece|bottle|bath|van|wave|mouthful|handful|whiff|lump|bucket|gram|loaf|pile|sip"
    ),
    "trait": (
        "purple|blue|broken|awful|warm|wooden|moving|thin|royal|cheap|foolish|hidden|heavy|frozen|loose|beige|yellow|"
        "huge|foggy|brave|vague|vivid|famous|feeble|fabulous|fervent|wobbly|weird|wise|wide|woven|whole|worthy|"
        "awkward|aware|proper|poor|pure|public|pompous|private|plain|prim|proud|early|odd|ugly|easy|icy|oily|open|"
        "obvious|average|evil|over-ripe|umber|empty|ample|able|useful|useless|unusual|casual|beloved|bubbly|bossy|"
        "bitter|bald|muddy|mouldy|mighty|moist|modern|amber|amusing|immense|humble|simple|smooth|smug|rough|tough|"
        "deaf|safe|stiff|massive|alive|live|naive|fluffy|furry|foul|fuzzy|quick|quiet|queer|square|twin|sweet|swift|"
        "sleepy|deep|crisp|sharp|limp|plump|grim|calm|firm|lame|dim|numb|superb|absurd|drab|young|wrong|long|strange|"
        "large|rich|much too big|fresh|lavish|selfish|smooth-tongued|loath|healthy|northern|other"
    ),
    "did": (
        "bought|painted|forgot|wrapped up|moved|found|pulled apart|brushed|looked for|gave away|borrowed|washed|fed|"
        "bumped into|voted for|hid|pushed over|mended|chopped up|filmed|weighed|dreamed of|climbed over|threw|saw|"
        "poured|measured|fixed|enjoyed|swept past|buried|watched|cooked|opened|could not prove|has never liked|"
        "fought over|will surely keep|used to own|wove|bathed|proved|waved at|wove together|viewed|vowed to keep|"
        "owned|obeyed|bullied|believed in|brewed|burned|beat|bit|bowed to|booed|made|met|mailed|missed|mowed round|"
        "murmured about|mapped|peeled|paid for|picked|paved|poked|popped|pursued|paused near|feared|faked|failed|"
        "fooled|followed|freed|whipped|wiped|wooed|wanted|wished for|would hardly love|won|warned|worshipped|"
        "employed|improved|emptied|admired|avoided|invited|adopted|repaired|remembered|reviewed|removed|approved of|"
        "swallowed|squeezed|questioned|twisted|judged"
    ),
    "do": (
        "buy|paint|forget|wrap|move|find|pull|brush|look for|give up|borrow|wash|bump into|vote for|hide|push|mend|"
        "chop|film|weigh|dream of|climb|throw|measure|fix|enjoy|sweep|bury|watch|cook|open|prove|like|keep|own|weave|"
        "view|wave|bathe|love|leave|save|serve|solve|carve|believe|believe in|brew|burn|beat|bite|boil|make|meet|"
        "mail|miss|mow|mop|map|peel|pay for|pick|pave|poke|pop|pour|fear|fake|fool|follow|free|feed|whip|wipe|woo|"
        "want|wish for|win|warn|employ|improve|empty|admire|avoid|invite|adopt|repair|remember|review|remove|wear|"
        "swim to|squeeze|judge|use|describe|absorb|rub|grab|rob|help|stop|shape|drop|grip|laugh at|sniff|stuff|bluff|"
        "blame|name|warm up|perform"
    ),
    "doing": (
        "buying|painting|forgetting|wrapping|moving|finding|pulling|looking for|giving up|bringing|washing|"
        "voting for|pushing|chopping|filming|weighing|dreaming of|climbing|throwing|measuring|enjoying|keeping|"
        "owning|waving at|loving|saving|believing|brewing|burning|biting|boiling|making|mopping|peeling|picking|"
        "popping|pouring|fearing|fooling|feeding|whipping|wanting|singing about|hanging up|banging on|ringing for|"
        "employing|emptying|adopting|questioning|robbing|thanking|drinking|thinking of|longing for"
    ),
    "happened": (
        "laughed|fell apart|vanished|woke up|wept|boomed|blew up|moved on|popped open|burst|faded|went by|swam away|"
        "froze|hummed along|mooed|bowed|waved back|worked hard|vibrated|wobbled|whispered|improved|failed|flew off|"
        "paused|became famous|got bigger|stayed warm|boiled over|peeped out|left early|sobbed|slept|jumped up|yelled|"
        "purred|fumbled|won again|grew up|showed up|took over|beamed|never came home|used to matter|looked beautiful|"
        "swooped by"
    ),
    "where": (
        "by the pier|above the shop|in the back room|behind the theatre|near the beach|through the fog|"
        "beyond the valley|in broad daylight|around the point|up in the attic|below the bridge|over the wall|"
        "at my house|in a wood|from top to bottom|over the phone|between the beams|among the bamboo|in Europe|"
        "on the moor|off the map|outside the bank|inside a bubble|in front of the oven|under a full moon|at the farm|"
        "in Bombay|down by the river|on both paths|upon the roof|beneath the boat|with the boys|beside the pool|"
        "where the wolves live"
    ),
    "when": (
        "before supper|on a <day>|in <month>|at half past <digit>|after the ball game|for the <ordinal> time|"
        "every evening|while the band played|between two meals|all summer|now and then|some day soon|"
        "once upon a time|at five|forever|this very moment|by the end of <month>|twice a week|most of the time|"
        "when the moon is up"
    ),
    "how": (
        "with both hands|without a word|as if by chance|with some effort|just for fun|out of pure joy|very slowly|"
        "beautifully|rather badly|by mistake|even so|with a smile|in a hurry|step by step|on purpose|"
        "as quietly as before|much too often|with average skill|awfully well|more than ever|by word of mouth"
    ),
    "opener": (
        "maybe|of course|they say|I believe|well|believe me|perhaps|oh boy|look|why|you know|it is true|please|no|"
        "hmm|suppose|we hope|remember|above all|somehow|in fact|by the way|oddly enough|for once|even better|"
        "whatever you say|wow|ah|uh|um|oh|obviously|frankly|to be fair|honestly|believe it or not|mind you|"
        "before I forget"
    ),
    "clause": (
        "but nobody would admit it|because the pump was empty|and that was the end of it|so we all felt much better|"
        "although it rained|if you ask me|which annoyed the mayor|and the puppy barked|until the power failed|"
        "whatever the papers wrote|then both of them laughed|though I have my doubts|before anybody woke up|"
        "as the fire burned low|and you may quote me|since money was short|or at least they tried|"
        "and <who> <happened>|because <who> <did> <thing>|while <who> <happened>|unless <who> <did> <thing>|"
        "but <thing> was <trait>|so <name> <happened> <how>|where <who> <happened>|which is why <who> <happened>|"
        "as <who> will <do> <thing>"
    ),
    "cry": (
        "wow|oh no|help|boo|bravo|hooray|move over|wait for me|come back|off we go|look out|bye bye|fire|whoops|"
        "stop it|you fool|my foot|be quiet|well done|up you get|nonsense|give it up|above you|oh boy|shame on you|"
        "enough|push|pull"
    ),
    "rhyme": (
        "boot|foot|boat|bought|bout|bite|bait|bet|bit|beat|bat|but|Burt|boy|poi|pout|pie|pay|pea|pew|paw|purr|par|"
        "map|mop|mope|moot|moat|mouse|moist|might|mate|meat|met|mitt|mat|mutt|fought|foot|food|foe|foul|fine|fate|"
        "feet|fed|fit|fat|fuss|fur|far|vow|void|vote|vine|vain|veal|vet|vim|vat|voodoo|wood|woe|wow|wine|wait|weed|"
        "wet|wit|wag|won|were|watt|woo|who|hook|how|hope|heap|hip|hype|hype man|ape|up|soup|soap|sap|sip|cub|cube|"
        "cab|robe|tribe|tub|web|orb|curb|dim|dime|dame|dumb|doom|dome|dorm|deem|gem|harm|term|off|oaf|if|life|leaf|"
        "roof|huff|half|chef|safe|turf|surf|love|live|alive|save|eve|move|stove|of|have|curve|carve|hook|look|book|"
        "push|bush|pull|full|bull|wolf"
    ),
    "day": "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|weekday|birthday",
    "month": "January|February|March|April|May|June|July|August|September|October|November|December",
    "digit": "one|two|three|four|five|six|seven|eight|nine|ten|zero|twelve",
    "number": (
        "eleven|fourteen|fifteen|sixteen|seventeen|eighteen|thirty-five|twenty-two|forty-four|fifty-one|sixty-eight|"
        "seventy-three|eighty-nine|ninety-six|a hundred and one|five hundred|a thousand and twenty|two million"
    ),
    "ordinal": "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|twelfth|twentieth|thirty-first",
    "whole": (
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
        "We wove a web of wool over every window.|Both of them came from Bath, from Boston and from Perth."
    ),
}
_CHOICES: Final = {name: choices.split("|") for name, choices in _RULES.items()}
_SLOT: Final = re.compile(r"<(\w+)>")
_SENTENCE_START: Final = re.compile(r"(?:^|[.!?] )\w")
_VOWEL_AFTER_A: Final = re.compile(r"\b([Aa]) (?=[aeio]|un[aeiou]|um|ug)")


def write_sentences(count: int, seed: int) -> list[str]:
    """So many sentences, the same ones for the same seed."""
    rng = random.Random(seed)
    return [_sentence(rng) for _ in range(count)]


def _sentence(rng: random.Random) -> str:
    text = _VOWEL_AFTER_A.sub(r"\1n ", _expand("<sentence>", rng))
    return _SENTENCE_START.sub(lambda start: start[0].upper(), text)


def _expand(text: str, rng: random.Random) -> str:
    """The text with each slot filled by one of its choices, whose own slots are filled as well."""
    return _SLOT.sub(lambda slot: _expand(rng.choice(_CHOICES[slot[1]]), rng), text)
