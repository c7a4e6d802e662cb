"""Other languages than English: sentences to read, and the phone for each of espeak-ng's sounds.

A sound maps to the phone with the same lip shape. So no r maps to ``R``, which is rounded only in English: an alveolar
r maps to ``D``, and a uvular r to ``HH``, which leaves the lips to its neighbours. A rounded front vowel maps to a back
vowel of about the same height, and a nasal vowel to the nearest oral one.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Language:
    """A language that espeak-ng reads.

    Attributes:
        phones: for each of espeak-ng's sounds one of ``PHONES``, or two with a plus between them.
        sentences: original text.
    """

    phones: dict[str, str]
    sentences: tuple[str, ...]


def _table(pairs: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in pairs.split())


_EVERYWHERE: Final = _table(
    "_=SIL _:=SIL _!=SIL _|=SIL ;=Y p=P b=B m=M f=F v=V t=T d=D n=N s=S z=Z l=L ts=T+S dz=D+Z tS=CH dZ=JH S=SH Z=ZH "
    "k=K g=G N=NG n^=N l^=L x=HH j=Y w=W i=IY I=IH u=UW U=UH o=OW O=AO E=EH a=AA @=AX aI=AY aU=AW"
)

# Between vowels, b and v are the approximant B, in which the lips almost meet. B is the nearest phone: F and V are
# labiodental and W protrudes the lips, and nearly closed lips count as closed (``face/metrics.py``).
_SPANISH: Final = Language(
    _EVERYWHERE | _table("B=B D=DH Q=G T=TH J^=Y **=D r=D R2=D e=EH eI=EY oI=OY eU=EH+UW"),
    (
        "Mi mamá prepara una sopa de papas muy buena.",
        "El bebé duerme bajo la manta blanca.",
        "Pablo abrió la puerta y vio un lobo pardo.",
        "¿Me puedes pasar el pan, por favor?",
        "Fuimos a la playa en un barco pequeño.",
        "La abuela Eva bebe vino tinto los viernes.",
        "Vamos a comprar fruta fresca para la fiesta.",
        "El humo subía por la montaña y nadie hablaba.",
        "Un hombre famoso vive en aquel pueblo azul.",
        "No me importa lo que piense tu primo.",
        "Mañana por la mañana viene la familia Fuentes.",
        "Bruno busca su bufanda debajo de la mesa.",
        "¡Qué bonito! Las palomas volaban sobre el campo.",
        "El médico me preguntó cómo me llamaba.",
        "Pepe pintó la pared de color púrpura.",
        "Hay demasiado polvo en el fondo del armario.",
        "Tuve que empujar el autobús hasta la plaza.",
        "Mi vecino vende huevos, jamón y mermelada.",
        "¿Por qué lloras, amor? Mamá vuelve pronto.",
        "El profesor explicó un problema muy difícil.",
        "Una nube oscura cubrió todo el valle.",
        "Felipe y Marta bailaban un tango lento.",
        "Nos vemos en el campamento a las nueve.",
        "El perro mueve la cola cuando ve a su amo.",
    ),
)

# Even a schwa is rounded, though less than a stressed vowel.
_FRENCH: Final = Language(
    _EVERYWHERE | _table("t2=T z2=Z r=HH e=EY e-=EY a-=AA y=UW y-=UW Y=UH W=AO @=ER @-=ER A~=AA E~=AE O~=OW W~=AO"),
    (
        "Mon père a peint la porte en bleu.",
        "Ma petite sœur mange une pomme verte.",
        "Il pleut beaucoup, prends ton parapluie.",
        "Je voudrais un peu de beurre, s'il vous plaît.",
        "Le bébé a bu tout son biberon.",
        "Mes deux neveux jouent avec le vieux ballon.",
        "Où as-tu mis ma veste en velours ?",
        "Un feu de bois brûle dans la chambre.",
        "Bonjour madame, vous avez une belle voix.",
        "Le facteur apporte une lettre pour Philippe.",
        "Nous avons vu un film fabuleux mardi.",
        "Sur le pont, un homme vend des fleurs.",
        "Papa prépare la soupe aux poireaux.",
        "Tu peux fumer dehors, mais pas au bureau.",
        "Les oiseaux bleus volent au-dessus du fleuve.",
        "Bruno a perdu sa bague au fond du puits.",
        "Ma femme pense que la vie est trop courte.",
        "Quelle surprise ! Le musée est vide.",
        "Fabien a peur du loup et de la nuit.",
        "Un bon vin blanc, et puis du fromage.",
        "Pauline ouvre la fenêtre et regarde la lune.",
        "Vous ne pouvez pas partir avant lundi.",
        "Ce jeune boulanger fume moins que son frère.",
        "Au début, personne ne voulait monter à bord.",
    ),
)

# Next to consonants, espeak-ng reports an r as a short vowel (@-) and a tap.
_ITALIAN: Final = Language(
    _EVERYWHERE | _table("@-=D *=D R=D ss=S ts2=T+S w2=W e=EY I=IY U=UW"),
    (
        "La mamma prepara la pasta con i pomodori.",
        "Il bambino beve un bicchiere di latte.",
        "Fabio ha comprato una palla rossa e blu.",
        "Vorrei un po' di pane, per favore.",
        "Mio fratello abita vicino al ponte vecchio.",
        "Buon pomeriggio, come sta la famiglia?",
        "Il gatto dorme sopra la poltrona verde.",
        "Piove da giovedì e il fiume è pieno.",
        "La nonna ha fatto una torta buonissima.",
        "Abbiamo bevuto un ottimo vino bianco.",
        "Il professore spiega un problema difficile.",
        "Marco ama la musica e suona la tromba.",
        "Dove hai messo il mio ombrello nuovo?",
        "La luna piena illumina tutta la campagna.",
        "Un uomo robusto apre la porta del forno.",
        "Mi piace nuotare in mare d'estate.",
        "Che bello! Le farfalle volano sui fiori.",
        "Non vuole ammettere di avere paura.",
        "Beppe lavora in banca fino a mezzogiorno.",
        "Subito dopo cena, il babbo fuma la pipa.",
        "La bufera ha rotto il campanile del paese.",
        "Puoi prestarmi la tua bicicletta?",
        "Il fabbro batte il ferro tutto il giorno.",
        "Vivo in un paesino fra mare e montagna.",
    ),
)

# y is the vowel of мы, 8 that of мёд, and @- the short one that an r begins with after a consonant.
_RUSSIAN: Final = Language(
    _EVERYWHERE
    | _table(
        "m;=M t;=T d;=D s;=S z;=Z n_=N tS;=CH S;=SH @-=D r=D e=EH I^=IH y=IH 8=OW "
        'u"=UW u#=UH A=AA V=AH a#=AX ja=Y+AA ju=Y+UW'
    ),
    (
        "Мама варит суп из белых грибов.",
        "Мой папа купил новый большой автомобиль.",
        "Бабушка любит пить чай с вареньем.",
        "Где ты был вчера вечером, Паша?",
        "Пожалуйста, подай мне хлеб и масло.",
        "Вова боится маленькой чёрной мыши.",
        "Мы пойдём в музей после обеда.",
        "Белая лодка плывёт по широкой реке.",
        "Фёдор открыл окно и увидел луну.",
        "Моя подруга живёт в зелёном доме.",
        "Не буди ребёнка, он только уснул.",
        "Утром над полем поднимается туман.",
        "Холодно было? Она повесила шубу в тёмный шкаф.",
        "Какая умная собака! Дай ей воды.",
        "Сумка пуста. Мы забыли фонарь под мокрой ёлкой.",
        "Добрая новость! В субботу будет тёплая погода.",
        "Попробуй пирог с яблоками и мёдом.",
        "Поезд прибывает на первую платформу.",
        "Какой шум! Брат играет на трубе, а сестра поёт.",
        "Ветер ломает ветви старого дуба.",
        "Мне больно, позови, пожалуйста, врача.",
        "Бумага и перо лежат на полу.",
        "Почему молчала мама? Говори громче, папа!",
        "Птица вьёт гнездо под крышей амбара.",
    ),
)

_GERMAN: Final = Language(
    _EVERYWHERE
    | _table(
        "pF=P+F C=HH h=HH r=HH R=HH i:=IY y:=UW y=UH u:=UW e:=EY Y:=UH W=AO o:=OW E:=EH E2=EH "
        "A:=AA A=AA 3=AH OY=OY UR=UH+AH"
    ),
    (
        "Meine Mutter backt am Montag einen Pflaumenkuchen.",
        "Der Bäcker bringt frische Brötchen und Butter.",
        "Wo bleibt der Bus? Wir warten schon fünf Minuten.",
        "Im Frühling blühen die Apfelbäume vor dem Haus.",
        "Bitte gib mir noch ein paar Kartoffeln.",
        "Paul hat seinen blauen Pullover verloren.",
        "Das Püppchen schläft, also mach bitte die Tür zu.",
        "Am Abend kommen Oma und Opa zu Besuch.",
        "Pferde mögen Möhren und süße Äpfel.",
        "Der Fluss fließt langsam durch das Dorf.",
        "Warum wohnt ihr so weit oben am Berg?",
        "Mein Bruder spielt Fußball im Verein.",
        "Wir haben ein großes Boot im Hafen gesehen.",
        "Pass auf, der Topf ist furchtbar heiß!",
        "Ich möchte bitte Pfeffer zur Suppe.",
        "Die böse Hexe wohnt tief im Wald.",
        "Kannst du mir bei der Aufgabe helfen?",
        "Fünf Frauen lachen über einen dummen Witz.",
        "Über dem Moor liegt ein dunkler Nebel.",
        "Vater pfeift ein Lied und putzt die Lampe.",
        "Hör zu, mein Freund, das war kein Problem.",
        "Mögen Sie lieber Wein oder Bier?",
        "Auf dem Markt kauft sie Blumen und Pilze.",
        "Morgen früh um vier fahren wir nach Ulm.",
    ),
)

LANGUAGES: Final[dict[str, Language]] = {
    "es": _SPANISH,
    "fr": _FRENCH,
    "it": _ITALIAN,
    "ru": _RUSSIAN,
    "de": _GERMAN,
}
"""By the name of espeak-ng's voice."""
