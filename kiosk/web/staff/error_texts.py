"""Error page texts of the staff console."""

from kiosk.web.shared.error_pages import Words

WORDS = {
    400: Words("Cette demande n'a pas été comprise", "Revenez à la page précédente et recommencez."),
    403: Words(
        "Cela n'a pas été fait",
        "Votre rôle ne le permet pas, ou la demande ne venait pas d'une page de la console. "
        "Ouvrez la console par son adresse habituelle et recommencez à partir de là.",
    ),
    404: Words(
        "Il n'y a rien ici pour vous",
        "La page n'existe pas, ou elle concerne un site dont vous n'avez pas la charge.",
    ),
    409: Words("Quelqu'un a été plus rapide", "Rechargez la page pour voir ce qui a changé, puis décidez."),
    413: Words("C'est trop long pour un seul envoi", "Rien n'a été enregistré. Raccourcissez, puis recommencez."),
    503: Words(
        "La borne ne répond pas comme elle devrait",
        "Rien n'est confirmé. Réessayez dans un instant ; si cela dure, prévenez le service informatique.",
    ),
}


def words(status: int) -> Words:
    if status in WORDS:
        return WORDS[status]
    return WORDS[503] if status >= 500 else WORDS[400] if status != 410 else WORDS[404]
