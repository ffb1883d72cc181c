"""The words of reports, in each language of the installation."""

# ruff: noqa: E501 -- a table of words
from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("es", "ca", "en")

_NAMES = {
    "queues": ("Colas", "Cues", "Queues"),
    "agents": ("Agentes", "Agents", "Agents"),
    "pauses": ("Pausas", "Pauses", "Pauses"),
    "callers": ("Llamantes", "Persones que truquen", "Callers"),
    "flows": ("Diálogos", "Diàlegs", "Flows"),
    "outcomes": ("Resultados", "Resultats", "Outcomes"),
    "staffing": ("Personas necesarias", "Persones necessàries", "People needed"),
    "work": ("Tareas", "Tasques", "Work"),
    "campaigns": ("Campañas", "Campanyes", "Campaigns"),
    "polls": ("Encuestas", "Enquestes", "Polls"),
    "campaign_promises": ("Compromisos de pago", "Compromisos de pagament", "Promises to pay"),
    "campaign_actions": ("Acciones de campañas", "Accions de campanyes", "Actions of campaigns"),
    "campaign_lists": ("Listas de campañas", "Llistes de campanyes", "Lists of campaigns"),
    "campaign_blocked": ("A quién no se llama", "A qui no es truca", "Who is not called"),
    "campaign_outcomes": ("Resultados de campañas", "Resultats de campanyes", "Outcomes of campaigns"),
}
_COLUMNS = {
    "when": ("Periodo", "Període", "When"),
    "queue": ("Cola", "Cua", "Queue"),
    "agent": ("Agente", "Agent", "Agent"),
    "flow": ("Diálogo", "Diàleg", "Flow"),
    "step": ("Paso", "Pas", "Step"),
    "language": ("Idioma", "Idioma", "Language"),
    "outcome": ("Resultado", "Resultat", "Outcome"),
    "poll": ("Encuesta", "Enquesta", "Poll"),
    "question": ("Pregunta", "Pregunta", "Question"),
    "answer": ("Respuesta", "Resposta", "Answer"),
    "answers": ("Respuestas", "Respostes", "Answers"),
    "answer_share": ("De la pregunta", "De la pregunta", "Of the question"),
    "campaign": ("Campaña", "Campanya", "Campaign"),
    "unsettled": ("Sin resultado aún", "Encara sense resultat", "Not known yet"),
    "tries_per_person": ("Intentos por persona", "Intents per persona", "Tries per person"),
    "answered_share": ("Atendidas de las ofrecidas", "Ateses de les ofertes", "Answered of offered"),
    "conversations": ("Conversaciones", "Converses", "Conversations"),
    "conversation_share": ("Conversaciones de las atendidas", "Converses de les ateses", "Conversations of answered"),
    "with_agent": ("Con agente", "Amb agent", "With an agent"),
    "agent_share": ("Con agente de las conversaciones", "Amb agent de les converses", "With an agent, of conversations"),
    "currency": ("Moneda", "Moneda", "Currency"),
    "attempts": ("Intentos", "Intents", "Attempts"),
    "met": ("Cumplen la condición", "Compleixen la condició", "Meet the condition"),
    "left_out": ("Excluidas", "Excloses", "Left out"),
    "loaded": ("En la lista", "A la llista", "On the list"),
    "attempted": ("Intentadas", "Intentades", "Attempted"),
    "penetration": ("Penetración", "Penetració", "Penetration"),
    "intensity": ("Intentos por cuenta", "Intents per compte", "Attempts per account"),
    "live_answers": ("Contestadas por personas", "Contestades per persones", "Live answers"),
    "contact_rate": ("De los intentos", "Dels intents", "Contact rate"),
    "abandon_rate": ("Abandono", "Abandonament", "Abandon rate"),
    "exhausted": ("Agotadas", "Esgotades", "Exhausted"),
    "exhaustion": ("Agotamiento", "Esgotament", "Exhaustion"),
    "talk_minutes": ("Minutos", "Minuts", "Minutes"),
    "cost": ("Coste", "Cost", "Cost"),
    "where": ("Dónde", "On", "Where"),
    "rule": ("Regla", "Regla", "Rule"),
    "of_met": ("De las que cumplen", "De les que compleixen", "Of those who meet it"),
    "right_party": ("Contactos con la persona", "Contactes amb la persona", "Right-party contacts"),
    "right_party_share": ("De los intentos", "Dels intents", "Right party, of attempts"),
    "promises": ("Compromisos", "Compromisos", "Promises"),
    "promise_share": ("De los contactos con la persona", "Dels contactes amb la persona", "Promises, of right-party contacts"),
    "promised_amount": ("Importe comprometido", "Import compromès", "Amount promised"),
    "due": ("Vencidos y juzgados", "Vençuts i jutjats", "Due and judged"),
    "kept": ("Cumplidos", "Complerts", "Kept"),
    "kept_share": ("Cumplidos de los vencidos", "Complerts dels vençuts", "Kept, of due"),
    "partial": ("Cumplidos en parte", "Complerts en part", "Kept in part"),
    "broken": ("Incumplidos", "Incomplerts", "Broken"),
    "amount_due": ("Importe vencido", "Import vençut", "Amount due"),
    "amount_paid": ("Importe pagado", "Import pagat", "Amount paid"),
    "amount_share": ("Pagado de lo vencido", "Pagat del que ha vençut", "Paid, of amount due"),
    "still_open": ("Aún abiertos", "Encara oberts", "Still open"),
    "taken_back": ("Retirados o sustituidos", "Retirats o substituïts", "Taken back or replaced"),
    "action": ("Acción", "Acció", "Action"),
    "result": ("Qué fue de ella", "Què se n'ha fet", "What became of it"),
    "actions": ("Acciones", "Accions", "Actions"),
    "of_actions": ("De las de ese resultado", "De les d'aquest resultat", "Of those of that outcome"),
    "duration_mean": ("Duración media", "Durada mitjana", "Duration, mean"),
    "offered_share": ("De las ofrecidas", "De les ofertes", "Of offered"),
    "of_conversations": ("De las conversaciones", "De les converses", "Of conversations"),
    "hour": ("Hora", "Hora", "Hour"),
    "weekday": ("Día (1 = lunes)", "Dia (1 = dilluns)", "Weekday (1 = Monday)"),
    "offered": ("Ofrecidas", "Ofertes", "Offered"),
    "answered": ("Atendidas", "Ateses", "Answered"),
    "abandoned": ("Abandonadas", "Abandonades", "Abandoned"),
    "short_abandoned": ("Abandono corto", "Abandonament curt", "Short abandons"),
    "overflowed": ("Desbordadas", "Desbordades", "Overflowed"),
    "left_by_key": ("Salidas con tecla", "Sortides amb tecla", "Left by key"),
    "timed_out": ("Espera agotada", "Espera esgotada", "Timed out"),
    "moved": ("Movidas", "Mogudes", "Moved"),
    "unknown": ("Final desconocido", "Final desconegut", "Unknown end"),
    "still_there": ("Aún en cola", "Encara en cua", "Still there"),
    "refused": ("No admitidas", "No admeses", "Refused"),
    "service_level": ("Nivel de servicio", "Nivell de servei", "Service level"),
    "law_share": ("En menos de 3 min (Ley 10/2025)", "En menys de 3 min (Llei 10/2025)", "In 3 min (Ley 10/2025)"),
    "law_mean": ("Espera media del 95 %", "Espera mitjana del 95 %", "Mean wait of the best 95 %"),
    "wait_mean": ("Espera media", "Espera mitjana", "Wait, mean"),
    "wait_p50": ("Espera p50", "Espera p50", "Wait p50"),
    "wait_p95": ("Espera p95", "Espera p95", "Wait p95"),
    "wait_max": ("Espera máx.", "Espera màx.", "Wait, max"),
    "abandoned_after": ("Abandono tras", "Abandonament després de", "Abandoned after"),
    "told_error": ("Error de la espera anunciada", "Error de l'espera anunciada", "Error of expected wait"),
    "talk_mean": ("Conversación media", "Conversa mitjana", "Talk, mean"),
    "hold_mean": ("Retención media", "Retenció mitjana", "Hold, mean"),
    "wrap_up_mean": ("Trabajo posterior", "Feina posterior", "Wrap-up, mean"),
    "handling_mean": ("Gestión media", "Gestió mitjana", "Handling, mean"),
    "handling_p50": ("Gestión p50", "Gestió p50", "Handling p50"),
    "handling_p95": ("Gestión p95", "Gestió p95", "Handling p95"),
    "handling_max": ("Gestión máx.", "Gestió màx.", "Handling, max"),
    "transferred": ("Transferidas", "Transferides", "Transferred"),
    "missed": ("No cogidas", "No agafades", "Missed offers"),
    "callbacks_kept": ("Turnos guardados", "Torns guardats", "Places kept"),
    "callbacks_reached": ("Devueltas", "Retornades", "Called back"),
    "callback_wait_mean": ("Hasta devolverla", "Fins a retornar-la", "Until called back"),
    "callback_wait_max": ("Hasta devolverla, máx.", "Fins a retornar-la, màx.", "Until called back, max"),
    "there": ("Conectado", "Connectat", "There"),
    "on_break": ("En pausa", "En pausa", "On break"),
    "talking": ("Hablando", "Parlant", "Talking"),
    "wrapping_up": ("Trabajo posterior", "Feina posterior", "Wrap-up"),
    "occupancy": ("Ocupación", "Ocupació", "Occupancy"),
    "reason": ("Motivo", "Motiu", "Reason"),
    "pauses": ("Pausas", "Pauses", "Pauses"),
    "paused": ("En pausa", "En pausa", "Paused"),
    "paused_as_work": ("Cuenta como trabajo", "Compta com a feina", "Counts as work"),
    "calls": ("Llamadas", "Trucades", "Calls"),
    "people": ("Personas", "Persones", "People"),
    "withheld": ("Número oculto", "Número ocult", "Withheld"),
    "repeated": ("Repetidas", "Repetides", "Repeated"),
    "repeat_share": ("Repetidas (%)", "Repetides (%)", "Repeat share"),
    "visits": ("Pasos", "Passos", "Visits"),
    "no_input": ("Sin respuesta", "Sense resposta", "No input"),
    "no_match": ("No entendido", "No entès", "No match"),
    "no_match_rate": ("No entendido por paso", "No entès per pas", "No match per visit"),
    "no_input_rate": ("Sin respuesta por paso", "Sense resposta per pas", "No input per visit"),
    "dropped": ("Cuelgan", "Pengen", "Hang up"),
    "drop_share": ("Cuelgan (%)", "Pengen (%)", "Drop-out"),
    "call_share": ("Parte", "Part", "Share"),
    "hours": ("Horas contadas", "Hores comptades", "Hours counted"),
    "offered_per_hour": ("Ofrecidas por hora", "Ofertes per hora", "Offered per hour"),
    "load": ("Carga (erlang)", "Càrrega (erlang)", "Load (erlang)"),
    "needed": ("Necesarias", "Necessàries", "Needed"),
    "planned": ("A planificar", "Per planificar", "To plan"),
    "expected_level": ("Nivel previsto", "Nivell previst", "Expected level"),
    "expected_wait": ("Espera prevista", "Espera prevista", "Expected wait"),
    "expected_occupancy": ("Ocupación prevista", "Ocupació prevista", "Expected occupancy"),
    "there_mean": ("Había (media)", "N'hi havia (mitjana)", "Were there (mean)"),
    "done": ("Hechas", "Fetes", "Done"),
    "done_late": ("Hechas tarde", "Fetes tard", "Done late"),
    "not_possible": ("No posibles", "No possibles", "Not possible"),
    "took_mean": ("Tardan", "Triguen", "Took, mean"),
    "open": ("Pendientes", "Pendents", "Open"),
    "overdue": ("Vencidas", "Vençudes", "Overdue"),
    "reviews": ("Revisiones", "Revisions", "Reviews"),
    "points_mean": ("Puntos (media)", "Punts (mitjana)", "Points, mean"),
}  # fmt: skip
_TERMS = {
    "service_level_formula": ("Nivel de servicio: denominador", "Nivell de servei: denominador", "Service level: of whom"),
    "short": ("Abandono corto: menos de (s)", "Abandonament curt: menys de (s)", "Short abandons: below (s)"),
    "repeat_days": ("Repetida: en tantos días", "Repetida: en tants dies", "Repeated: within days"),
    "currency": ("Moneda", "Moneda", "Currency"),
    "goal": ("Objetivo: parte", "Objectiu: part", "Goal: share"),
    "within": ("Objetivo: en (s)", "Objectiu: en (s)", "Goal: within (s)"),
    "shrinkage": ("Ausencias (parte)", "Absències (part)", "Shrinkage"),
    "calls": ("Llamadas", "Trucades", "Calls"),
    "without_short": ("todas sin abandono corto", "totes sense abandonament curt", "all but short abandons"),
    "all": ("todas", "totes", "all"),
    "answered_and_abandoned": ("atendidas y abandonadas", "ateses i abandonades", "answered and abandoned"),
    "answered": ("atendidas", "ateses", "answered"),
}  # fmt: skip
_PAGE = {
    "report": ("Informe", "Informe", "Report"),
    "total": ("Total", "Total", "Total"),
    "of": ("del", "del", "from"),
    "to": ("al", "al", "to"),
    "computed_by": ("Calculado con", "Calculat amb", "Computed by"),
    "nothing": ("No hay datos en este periodo.", "No hi ha dades en aquest període.", "Nothing in this period."),
    "formulas": (
        "Las fórmulas están en docs/reports.md. Lo que no está definido (una media de nada) es «–».",
        "Les fórmules són a docs/reports.md. El que no està definit (una mitjana de res) és «–».",
        "The formulas are in docs/reports.md. What is not defined (a mean of nothing) is “–”.",
    ),
    "promised": ("objetivo 95 %", "objectiu 95 %", "goal 95 %"),
    "out_of": ("de", "de", "of"),
}  # fmt: skip


class Words:
    """All words in one language; another one than the three is Spanish."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else LANGUAGES[0]
        self._at = LANGUAGES.index(self.language)

    def report(self, name: str) -> str:
        return self._in(_NAMES, name)

    def column(self, name: str) -> str:
        return self._in(_COLUMNS, name)

    def term(self, name: str) -> str:
        return self._in(_TERMS, name)

    def page(self, name: str) -> str:
        return self._in(_PAGE, name)

    def _in(self, words: Mapping[str, tuple[str, str, str]], name: str) -> str:
        return words[name][self._at] if name in words else name

    def decimal(self, text: str) -> str:
        """A number's text as this language writes it."""
        return text if self.language == "en" else text.replace(".", ",")
