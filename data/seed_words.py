# ruff: noqa: SIM905 -- word lists are read, and lengthened, more easily as text
"""Word lists of the made-up customers: common names, real towns, things people buy and complain about.

Nobody here exists. The telephone numbers lie in ranges that are given to nobody: Spain's 75 (not
attributed in its numbering plan) and Ofcom's +44 7700 900 for drama; so no dialler can reach a person.
"""

from __future__ import annotations

from dataclasses import dataclass

WOMEN = {
    "es": (
        "Lucía María Carmen Laura Ana Marta Isabel Pilar Cristina Elena Rocío Beatriz Raquel Silvia Paula "
        "Sara Patricia Inmaculada Teresa Rosario Alba Nuria Dolores Yolanda Mercedes Concepción Noelia"
    ).split(),
    "ca": "Montserrat Núria Mireia Laia Anna Mercè Roser Gemma Neus Meritxell Júlia Marta Carme Aina".split(),
    "en": "Emily Charlotte Fiona Grace Hannah Claire Heather Rebecca Susan Olivia".split(),
}
MEN = {
    "es": (
        "Antonio José Manuel Francisco Javier David Daniel Carlos Miguel Alejandro Rafael Pedro Ángel Pablo "
        "Sergio Fernando Jorge Luis Álvaro Ramón Enrique Vicente Andrés Diego Adrián Ignacio Gonzalo"
    ).split(),
    "ca": "Jordi Marc Pere Joan Josep Oriol Xavier Albert Arnau Ramon Francesc Lluís Pol Martí".split(),
    "en": "James Oliver Thomas William Graham Patrick Stuart Edward Simon Martin".split(),
}
SURNAMES = {
    "es": (
        "García González Rodríguez Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz "
        "Hernández Díaz Moreno Muñoz Álvarez Romero Alonso Gutiérrez Navarro Torres Domínguez Vázquez "
        "Ramos Gil Serrano Blanco Molina Morales Suárez Ortega Delgado Castro Ortiz Rubio Marín Sanz "
        "Iglesias Medina Garrido Cortés Castillo Santos Lozano Guerrero Cano Prieto Méndez Cruz "
        "Calvo Gallego Herrera Vidal Cabrera"
    ).split(),
    "ca": (
        "Puig Ferrer Serra Vila Soler Roca Font Bosch Pujol Riera Mas Casas Sala Torrent Vidal Costa Grau "
        "Batlle Camps Codina Coll Esteve Planas Rovira Sabater Valls Ventura Carbonell"
    ).split(),
    "en": "Carter Walker Bennett Hughes Fletcher Murray Campbell Reid Turner Dawson Harris Lloyd".split(),
}


@dataclass(frozen=True)
class Town:
    """A place where customers live; `postcode` is a district of it."""

    name: str
    postcode: str
    zone: str = "Europe/Madrid"


TOWNS = {
    "es": (
        Town("Madrid", "28015"),
        Town("Madrid", "28038"),
        Town("Sevilla", "41005"),
        Town("Zaragoza", "50007"),
        Town("Málaga", "29010"),
        Town("Murcia", "30008"),
        Town("Valladolid", "47006"),
        Town("Córdoba", "14011"),
        Town("Gijón", "33204"),
        Town("Granada", "18003"),
        Town("A Coruña", "15005"),
        Town("Bilbao", "48011"),
        Town("Santander", "39005"),
        Town("Salamanca", "37004"),
        Town("Badajoz", "06006"),
        Town("Barcelona", "08019"),
        Town("Valencia", "46020"),
        Town("Las Palmas de Gran Canaria", "35010", "Atlantic/Canary"),
        Town("Santa Cruz de Tenerife", "38007", "Atlantic/Canary"),
        Town("Ceuta", "51001", "Africa/Ceuta"),
    ),
    "ca": (
        Town("Barcelona", "08012"),
        Town("Barcelona", "08027"),
        Town("Girona", "17003"),
        Town("Lleida", "25006"),
        Town("Tarragona", "43002"),
        Town("Reus", "43201"),
        Town("Vic", "08500"),
        Town("Manresa", "08241"),
        Town("Sabadell", "08206"),
        Town("Palma", "07010"),
    ),
    "en": (
        Town("Marbella", "29602"),
        Town("Torrevieja", "03181"),
        Town("Dénia", "03700"),
        Town("Madrid", "28006"),
        Town("Adeje", "38670", "Atlantic/Canary"),
    ),
}
STREETS = {
    "es": (
        "Calle Mayor|Calle del Carmen|Avenida de la Constitución|Calle Real|Paseo de la Estación|Calle Goya|"
        "Calle San Francisco|Avenida de Andalucía|Plaza de España|Calle de la Iglesia|Calle Cervantes|"
        "Calle Doctor Fleming|Ronda de Toledo|Calle Juan Ramón Jiménez"
    ).split("|"),
    "ca": (
        "Carrer Major|Carrer de València|Passeig de Sant Joan|Avinguda Diagonal|Carrer de la Pau|"
        "Rambla Nova|Carrer de Verdi|Plaça de la Vila|Carrer del Bruc"
    ).split("|"),
}
STREETS["en"] = STREETS["es"]

CONCEPTS = {
    "es": ("Factura de", "Cuota del móvil de"),
    "ca": ("Factura de", "Quota del mòbil de"),
    "en": ("Bill for", "Phone instalment for"),
}
MONTHS = {
    "es": (
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
    ).split(),
    "ca": "gener febrer març abril maig juny juliol agost setembre octubre novembre desembre".split(),
    "en": ("January February March April May June July August September October November December").split(),
}
MONTHLY_FEES = (2490, 2990, 3590, 3995, 4490, 5290, 5995, 6890, 7450)
"""Tariffs in cents; a bill is one of them and what was used beyond it."""
EXTRAS = (0, 0, 0, 120, 235, 350, 480, 605, 990, 1240, 1875)
INSTALMENTS = (1250, 1666, 1999, 2475, 2916, 3325)

SUBJECTS = {
    "es": (
        "Internet se corta por las tardes",
        "El router no enciende",
        "Sin línea en el teléfono fijo",
        "Cargo no reconocido en la factura",
        "Cambio de domicilio del contrato",
        "La televisión se ve pixelada",
        "Velocidad menor que la contratada",
        "Portabilidad del móvil pendiente",
    ),
    "ca": (
        "Internet es talla a les tardes",
        "L'encaminador no s'encén",
        "Sense línia al telèfon fix",
        "Càrrec no reconegut a la factura",
        "Canvi de domicili del contracte",
        "La televisió es veu pixelada",
        "Velocitat inferior a la contractada",
        "Portabilitat del mòbil pendent",
    ),
    "en": (
        "Internet drops every evening",
        "Router does not switch on",
        "No tone on the landline",
        "Unknown charge on the bill",
        "Change of address on the contract",
        "Television picture breaks up",
        "Slower than the contracted speed",
        "Mobile number transfer pending",
    ),
}
TOPICS = ("internet", "internet", "telephone", "bill", "contract", "television", "internet", "mobile")
"""What each of the subjects is about, in their order."""
NOTES = {
    "es": {
        "open": "Registrada por teléfono.",
        "in_progress": "Asignada a un técnico.",
        "waiting_customer": "Falta que el cliente confirme la cita.",
        "resolved": "Comprobado en remoto: funciona.",
        "closed": "El cliente confirma la solución.",
    },
    "ca": {
        "open": "Registrada per telèfon.",
        "in_progress": "Assignada a un tècnic.",
        "waiting_customer": "Falta que el client confirmi la cita.",
        "resolved": "Comprovat en remot: funciona.",
        "closed": "El client confirma la solució.",
    },
    "en": {
        "open": "Reported by phone.",
        "in_progress": "Assigned to a technician.",
        "waiting_customer": "Waiting for the customer to confirm the visit.",
        "resolved": "Tested remotely: it works.",
        "closed": "The customer confirms that it is solved.",
    },
}


@dataclass(frozen=True)
class Product:
    """Something to order, with its price in cents and its name in each language."""

    cents: int
    es: str
    ca: str
    en: str

    def name(self, language: str) -> str:
        return {"es": self.es, "ca": self.ca, "en": self.en}[language]


PRODUCTS = (
    Product(8990, "router wifi 6", "encaminador wifi 6", "Wi-Fi 6 router"),
    Product(4495, "repetidor wifi", "repetidor wifi", "Wi-Fi repeater"),
    Product(24900, "teléfono móvil Brisa 5", "telèfon mòbil Brisa 5", "Brisa 5 mobile phone"),
    Product(3290, "teléfono fijo inalámbrico", "telèfon fix sense fil", "cordless telephone"),
    Product(6950, "descodificador de televisión", "descodificador de televisió", "television decoder"),
    Product(1295, "cable de red de diez metros", "cable de xarxa de deu metres", "ten-metre network cable"),
    Product(13900, "tableta de diez pulgadas", "tauleta de deu polzades", "ten-inch tablet"),
    Product(5990, "auriculares inalámbricos", "auriculars sense fil", "wireless headphones"),
    Product(2450, "cargador rápido", "carregador ràpid", "fast charger"),
)
CARRIERS = ("Correos Express", "SEUR", "MRW", "GLS")
LEFT_WITH = ("recipient", "recipient", "recipient", "recipient", "neighbour", "recipient", "pickup_point")
METHODS = ("direct_debit", "direct_debit", "card", "transfer")
PAID = {"es": "Su pago", "ca": "El seu pagament", "en": "Your payment"}
"""A payment in a statement."""
