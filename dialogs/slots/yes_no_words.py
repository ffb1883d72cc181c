"""How people say yes and no, and what they say beside it."""

# ruff: noqa: E501 - tables are read by rows

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Meaning = Literal["yes", "no", "likely_yes", "likely_no", "enough", "politeness", "neither"]
"""`likely_yes` and `likely_no` are asked back: "creo que sí"."""

# "Enough" says that there is nothing more to do, which is a no to "anything else?", a yes to "have you paid?",
# and nothing to go by elsewhere. On the telephone "no, está bien" and "no está bien" are the same words.
# Longest phrases win, so a phrase that contains another ("eso es todo" and "eso es") needs no rule.
PHRASES: Mapping[str, Mapping[Meaning, str]] = {
    "es": {
        "yes": "sí|sip|claro|claro que sí|por supuesto|desde luego|correcto|es correcto|exacto|exactamente"
        "|eso es|así es|afirmativo|efectivamente|cierto|es cierto|sí señor|sí señora|cómo no"
        "|eso mismo|ya lo creo|sí que quiero|venga|ok|okay|sin duda|seguro|pues sí|no hay problema"
        "|ningún problema|no me importa|no faltaba más|no faltaría más|no hay inconveniente|no lo dude"
        "|adelante|hágalo|hazlo|por qué no|no veo por qué no|todo bien|va bien|claro que lo he hecho|ya lo he hecho|lo he hecho|ya lo hice"
        "|estoy de acuerdo|acepto|lo acepto|dale|sin problema|sin ningún problema|sin problemas",
        "no": "no|claro que no|por supuesto que no|desde luego que no|para nada|en absoluto|negativo|nada"
        "|nada más|eso es todo|esto es todo|eso sería todo|ninguno|ninguna|ninguna más|qué va|incorrecto"
        "|no es correcto|nunca|tampoco|no es cierto|no así no|nones"
        "|está mal|es falso|ni hablar|mejor no|mejor que no|casi mejor no|prefiero que no|preferiría que no|prefiero no"
        "|déjelo|déjelo estar|déjalo|mejor déjelo|mejor lo dejamos|no hace falta|no es necesario|no se moleste|no lo haga|no lo hagas|no lo cancele|no la cancele|no lo canceles|no la canceles|no lo anule|no la anule|no lo anules|no la anules|mejor otro día|va a ser que no|no lo he hecho"
        "|no estoy de acuerdo|no acepto|no lo acepto|jamás|nunca jamás|de ninguna manera|de ningún modo|de ninguna forma",
        "likely_yes": "creo que sí|yo creo que sí|me parece que sí|supongo|supongo que sí|imagino que sí|me imagino que sí"
        "|imagino|me imagino|diría que sí|yo diría que sí|eso creo|eso supongo|juraría que sí|espero que sí",
        "likely_no": "creo que no|yo creo que no|me parece que no|no creo|supongo que no|imagino que no|me imagino que no"
        "|diría que no|yo diría que no|juraría que no|espero que no",
        "enough": "ya está|ya está todo|ya estaría|no está bien|no así está bien|así está bien|está bien así",
        "politeness": "vale|bien|está bien|muy bien|perfecto|de acuerdo|bueno|conforme|gracias"
        "|muchas gracias|por favor",
        "neither": "no sé|no lo sé|no entiendo|no le entiendo|no te entiendo|no he entendido|no oigo"
        "|no le oigo|no te oigo|no sabría|no sabría decirle|no estoy seguro|no estoy segura|sí o no"
        "|no recuerdo|no me acuerdo|no me entero|no cuelgue|no le he oído|no he oído|ya está solucionado|venga ya|anda ya|a lo mejor|a lo mejor no"
        "|no está mal|no está nada mal",
    },
    "ca": {
        "yes": "sí|i tant|és clar|clar|clar que sí|és clar que sí|per descomptat|correcte|és correcte|exacte"
        "|exactament|això mateix|això és|així és|i tant que sí|efectivament|cert|és cert|ok|okay|segur"
        "|sens dubte|sisplau sí|naturalment|evidentment|evident|afirmatiu|doncs sí|cap problema"
        "|no hi ha problema|no em fa res|només faltaria|per què no|ja està bé|va bé|vinga|tot bé|prou que sí|endavant|faci-ho|fes-ho|entesos"
        "|és clar que ho he fet|ja ho he fet|ho he fet|és així|estic d'acord|hi estic d'acord|accepto|ho accepto|sense problema|sense cap problema",
        "no": "no|és clar que no|clar que no|per descomptat que no|i ara|de cap manera|en absolut|negatiu|res"
        "|res més|això és tot|cap|cap més|no pas|incorrecte|no és correcte|mai|tampoc"
        "|ni parlar-ne|no la cancel·li|no la cancel·lis|no el cancel·li|no el cancel·lis|no l'anul·li|no l'anul·lis|això seria tot|no és cert|gens|està malament|és fals|i tant que no|millor no|millor que no|gairebé millor no|gairebé que no"
        "|prefereixo que no|preferiria que no|prefereixo no|deixi-ho|deixi-ho estar|deixem-ho|deixem-ho estar|millor ho deixem"
        "|no cal|no cal que es molesti|no és necessari|no ho faci|no ho facis|millor un altre dia|no ho he fet"
        "|no fa falta|no em va bé|no és així|no estic d'acord|no hi estic d'acord|no accepto|no ho accepto|mai de la vida|de cap de les maneres",
        "likely_yes": "crec que sí|jo crec que sí|em sembla que sí|suposo|suposo que sí|m'imagino que sí|imagino que sí"
        "|m'imagino|imagino|em penso que sí|diria que sí|jo diria que sí|això crec|juraria que sí|espero que sí",
        "likely_no": "crec que no|jo crec que no|em sembla que no|no ho crec|suposo que no|m'imagino que no|imagino que no"
        "|em penso que no|diria que no|jo diria que no|juraria que no|espero que no",
        "enough": "està bé així|ja està|ja està tot|no està bé|no ja està bé|així està bé|no així està bé",
        "politeness": "val|vale|bé|està bé|molt bé|perfecte|d'acord|bo|conforme|gràcies|moltes gràcies|mercès|si us plau|sisplau",
        "neither": "no ho sé|no sé|no ho entenc|no l'entenc|no t'entenc|no ho he entès|no sento|no el sento"
        "|no t'escolto|no sabria dir|no estic segur|no estic segura|sí o no|no recordo|no pengi"
        "|no l'he sentit|no he sentit|vinga ja|potser millor no|no està malament|no està gens malament",
    },
    "en": {
        "yes": "yes|yeah|yep|yup|ya|yes please|sure|of course|certainly|correct|that's correct|that's right"
        "|that is right|that is correct|right|exactly|indeed|absolutely|definitely|affirmative|i do"
        "|yes i do|yes it is|ok|okay|uh huh|you bet|go on|go ahead|sure thing|i would|aye|no problem"
        "|that's fine|please do|do it|do so|why not|you're not wrong"
        "|true|that's true|it's true|it is true|i did|yes i did|it does|it did|i agree|i do agree|i accept|i do accept|mm hmm|mhm|mm hm|by all means",
        "no": "no|nope|nah|no way|of course not|certainly not|not really|absolutely not|definitely not"
        "|that's all|that is all|i haven't|i have not|nothing|nothing else|not at all|negative|never|i don't|i do not"
        "|wrong|that's wrong|incorrect|not correct|not right|that's not right|it isn't|it is not|none"
        "|that's not correct|that will be all|that'll be all|not now|no i don't|not today|not yet"
        "|still not|it's still not|sure not|not me|that's not me|it's not me|that isn't me|don't|please don't|do not|better not"
        "|don't do it|don't do that|do not do it|do not do that|do not do so|don't cancel|don't cancel it|please don't cancel it|do not cancel|do not cancel it|i'd rather you didn't|i would rather you didn't|another day|rather not|i'd rather not|i would rather not|i'd better not|i'd prefer not|i prefer not|leave it|let's leave it"
        "|forget it|don't bother|never mind|no need|there's no need"
        "|not true|that's not true|it's not true|it is not true|it's not|no it's not|it's not right|it's not correct|it's not that|it doesn't|it does not|it didn't|it did not"
        "|i didn't|i did not|i don't agree|i do not agree|i disagree|i don't accept|i do not accept|by no means",
        "likely_yes": "no worries|i don't mind|i think so|i think yes|i think it is|i suppose|i suppose so|i suppose yes|i guess|i guess so|i guess yes"
        "|i believe so|i believe it is|i reckon|i reckon so|i'd say so|i would say so|i should think so|i imagine so|i hope so",
        "likely_no": "i don't think so|no i don't think so|no i don't believe so|i do not think so|i think not|i guess not|i suppose not|i don't believe so|i don't reckon so"
        "|i don't suppose so|i hope not",
        "enough": "that's it|that is it|i'm good|i am good|i'm fine|i am fine|i'm ok|i am ok|i'm okay|i am okay|i'm all right|i'm alright|i'm all set|all set",
        "politeness": "fine|good|very good|perfect|great|all right|alright|thanks|thank you|please",
        "neither": "i don't know|don't know|i do not know|not sure|i'm not sure|i don't understand"
        "|i do not understand|i can't hear you|yes or no|no idea|wait|ok wait|hold on|is that right"
        "|yeah right|not bad|come off it",
    },
    "ko": {
        "yes": "네|예|응|그래요|맞아요|맞습니다|좋아요|네 맞아요|네 네",
        "no": "아니요|아니오|아뇨|아니|아닙니다|틀려요|싫어요|괜찮아요",
        "politeness": "감사합니다|고맙습니다",
        "neither": "모르겠어요|모르겠습니다",
    },
}

SELDOM: Mapping[str, Mapping[Meaning, str]] = {
    "es": {
        "yes": "positivo|okey|hecho|órale|ándale|ándale pues|venga va|la verdad es que sí|ya le digo que sí|ya te digo que sí"
        "|mejor sí|tal cual|y tanto|correctísimo|faltaría más|con mucho gusto|encantado|encantada|eso eso|ya le digo yo que sí"
        "|ya te digo yo que sí|por mí sí|por mi parte sí",
        "no": "ni de broma|ni en broma|ni loco|ni loca|ni pensarlo|ni soñarlo|ni de coña|por mí no|por mi parte no"
        "|sí que no|eso sí que no|la verdad es que no|nop|nanai|ni por asomo",
        "likely_yes": "ajá|ajam",
        "likely_no": "no lo creo|me da que no|lo dudo|casi que no",
    },
    "ca": {
        "yes": "esclar|esclar que sí|ja ho crec|va vinga|som-hi|fet|la veritat és que sí|oi tant|ben bé|vinga va|per mi sí"
        "|per la meva part sí|amb molt de gust|ja li dic jo que sí|tal qual",
        "no": "ni pensar-hi|ni pensar-ho|ni boig|ni boja|ni en broma|ni somiar-ho|per mi no|per la meva part no"
        "|esclar que no|que va|ni de conya|la veritat és que no|no gràcies ja està bé|no gràcies ja està bé així",
        "likely_yes": "ahà|aha",
        "likely_no": "ho dubto|em fa que no",
        # As a recogniser writes "gràcies" that has heard more Spanish than Catalan, and as many say it.
        "politeness": "gracias|moltes gracias|muchas gracias",
    },
    "en": {
        "yes": "fine by me|fine with me|all right then|alright then|okay then|ok then|right you are|hell yes|not a problem"
        "|go for it|sounds good|sounds great|sounds good to me|that'd be great|that would be great|that works|that works for me"
        "|works for me|spot on|too right|with pleasure|i'd love to",
        "no": "not for me|no ta|not at the moment|not just now|i'm afraid not|afraid not|not interested|i'm not interested"
        "|i am not interested|not a chance|no chance"
        "|not on your life|it's a no|it's a no from me|hell no|no i'm ok|no i'm okay|no i'm fine|no i'm all right|no i'm alright"
        "|no you're all right|nah you're all right|no you're alright|nah you're alright|that isn't right|that's not it|that isn't it"
        "|i wouldn't say so|not that i know of|i'd say not",
        "likely_yes": "fair enough",
        "enough": "all good",
    },
}
"""Understood, and not expected: each phrase more in a recogniser's grammar costs the common ones accuracy."""

BESIDE: Mapping[str, Mapping[Literal["yes", "no", "both"], str]] = {
    "es": {
        "both": "eh em mmm ah oh ay uy hum pues mire mira oiga oye entonces ya ver señor señora señorita usted hombre por"
        " favor su ayuda amable muy momento ahora mismo hoy todavía aún eso esto lo la le me se yo también muchas"
        " muchísimas y que hola buenas buenos días tardes noches adiós hasta luego aquí así de a es",
        "yes": "quiero deseo necesito quisiera otra cosa más algo confirmo acepto puedo tengo hágalo adelante dígame"
        " diga póngame haré soy mismo misma ese esa correcta estoy pagaré pago he recibido recibí aceptado confirmado"
        " llámeme llamen sigue tal cual exacta así una uno el número me gustaría encantaría encantado encantada",
        "no": "quiero deseo necesito quisiera puedo hace falta interesa tengo otra cosa más hay he ha soy ese esa"
        " acepto confirmo una persona operador agente correcta correctas recibido llegado era va gusta apetece podré me dieron dado"
        " diste llamado número el ningún primera primero segunda segundo tercera tercero",
    },
    "ca": {
        "both": "eh em mmm ah oh ai hum doncs miri mira escolti llavors aleshores ja veure senyor senyora senyoreta"
        " vostè home per favor la seva ajuda amable molt moment ara mateix avui encara això ho el li em es jo també"
        " moltes moltíssimes i que hola bon bona dia tarda nit adéu fins després aquí així de a és us plau",
        "yes": "vull desitjo necessito voldria una altra cosa més alguna confirmo accepto puc tinc faci-ho endavant"
        " digui digui'm posi'm faré soc sóc mateixa aquest aquesta correcta estic pagaré pago he rebut acceptat"
        " confirmat truqui'm tal qual la en una un número m'agradaria encantat encantada",
        "no": "vull desitjo necessito voldria puc cal interessa m'interessa tinc altra cosa una més hi ha he soc sóc aquest"
        " aquesta accepto confirmo persona operador agent correcta rebut arribat era va agrada podré la l'he"
        " en cap van donar donat trucat número el primera primer segona segon tercera tercer",
    },
    "en": {
        "both": "er um uh ah oh hm well so then sir madam ma'am miss please very much for your help just now today"
        " still already also there and hi hello bye goodbye again really it that this that's it's",
        "yes": "i i'd i'll i'm like something else one more thing another have am will can speaking me is"
        " want to got confirm accept you may call he she my i've the a number love",
        "no": "i i'd i'm have haven't want need anything can't cannot won't else more do one is isn't good want to"
        " person operator agent a got wasn't didn't"
        " they give given me any been called the number first second third",
    },
}
"""What may stand beside a yes, a no or both, and changes nothing; any other word may, so the question is put again."""

DOING: Mapping[str, str] = {
    "es": "cámbialo cámbiala cámbielo cámbiela resérvalo resérvala resérvelo resérvela resérvamela resérvemela confírmalo"
    " confírmala confírmelo confírmela apúntalo apúntala apúntelo apúntela apúntemela anótalo anótelo mándalo mándala mándelo mándela"
    " mándemelo mándamelo envíalo envíelo envíemelo envíamelo envíemela envíamela pídala pídela muévela muévala hágalo hazlo"
    " póngala ponla pásame páseme",
    "ca": "canvia canvii reserva reservi confirma confirmi apunta apunti anota anoti envia enviï envii"
    " demana demani mou mogui fes faci posa posi passi'm passa'm lo ne me",
    "en": "book change move confirm note send do make put reserve through",
}
"""What is told to do beside a yes, as its question has offered: "sí, resérvela"."""
DOING_EXPECTED: Mapping[str, str] = {
    "es": "sí hágalo|sí mándelo|sí mándemelo|sí envíelo|sí envíemelo|sí cámbielo|sí cámbiela|sí resérvelo|sí resérvela"
    "|sí confírmelo|sí confírmela|sí apúntelo|sí apúntela",
    "ca": "sí faci-ho|sí enviï-ho|sí enviï-la|sí canviï-ho|sí canviï-la|sí reservi-la|sí reservi-ho|sí confirmi-ho"
    "|sí confirmi-la|sí apunti-ho",
    "en": "yes do it|yes please do it|yes send it|yes change it|yes book it|yes confirm it|yes move it|yes make it",
}
"""The plainest of these, for a recogniser's grammar, which hears nothing that is not in it."""
CANCELLING_EXPECTED: Mapping[str, str] = {
    "es": "sí cancélelo|sí cancélela|cancélelo|cancélela|sí anúlelo|sí anúlela",
    "ca": "sí cancel·li-ho|sí cancel·li-la|cancel·li-ho|cancel·li-la|sí anul·li-ho|sí anul·li-la",
    "en": "yes cancel it|yes please cancel it|cancel it|please cancel it",
}
"""The same where the question has offered to cancel."""
CANCELLING: Mapping[str, str] = {
    "es": "cancela cancele cancélalo cancélala cancélelo cancélela cancélamelo cancélamela cancélemelo cancélemela anula anule"
    " anúlalo anúlala anúlelo anúlela anúlamelo anúlamela anúlemelo anúlemela bórralo bórrelo quítalo quítelo",
    "ca": "cancel·la cancel·li anul·la anul·li esborra esborri treu tregui",
    "en": "cancel",
}
"""What agrees where the question has offered to cancel, and only there: beside any other yes it wants something else."""
CANCELLED: Mapping[str, str] = {
    "es": "el la mi pedido cita por favor lo",
    "ca": "el la meva comanda cita si us plau sisplau me lo ho",
    "en": "it the my order appointment please that",
}
"""What may stand beside such a word where it is the whole answer."""

FAREWELLS: Mapping[str, tuple[str, ...]] = {
    "es": ("adiós", "hasta luego", "hasta otra", "hasta pronto"),
    "ca": ("adéu", "adéu-siau", "fins després", "fins aviat", "fins una altra"),
    "en": ("bye", "bye bye", "goodbye", "see you"),
}
THANKS: Mapping[str, tuple[str, ...]] = {
    "es": ("muchas gracias", "gracias"),
    "ca": ("moltes gràcies", "gràcies", "mercès", "gracias"),
    "en": ("thank you", "thanks"),
}
"""The longest first."""

LIKELY_EXPECTED: Mapping[str, tuple[str, ...]] = {
    "es": ("creo que sí", "creo que no", "supongo que sí"),
    "ca": ("crec que sí", "crec que no", "suposo que sí"),
    "en": ("i think so", "i don't think so", "i suppose so"),
}
"""The plainest of the likely ones, for a recogniser's grammar: it would hear a mere "sí" in "creo que sí"."""
COURTEOUS_EXPECTED: Mapping[str, tuple[str, ...]] = {
    "es": ("sí por favor", "sí gracias", "sí claro", "no gracias", "no muchas gracias", "sí sí", "no no"),
    "ca": ("sí si us plau", "sí sisplau", "sí gràcies", "no gràcies", "no moltes gràcies", "sí sí", "no no"),
    "en": ("yes thank you", "yes thanks", "yes of course", "no thank you", "no thanks", "yes yes", "no no"),
}
"""The same for a yes and a no with a courtesy: it would hear the courtesy alone, which answers nothing."""
UNKNOWING_EXPECTED: Mapping[str, tuple[str, ...]] = {
    "es": ("no sé", "no lo sé"),
    "ca": ("no ho sé", "no sé"),
    "en": ("i don't know", "not sure"),
}
"""The same for what is neither: it would hear "no lo he hecho" in "no lo sé", a no and surely."""
