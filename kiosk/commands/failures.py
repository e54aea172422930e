"""Last sentence of a command that failed: what happened and what to do, never a traceback."""

import errno

from kiosk.discreet import place_of
from kiosk.errors import KioskError
from kiosk.store.base.failures import is_of_sqlite, sentence_of

FULL = {errno.ENOSPC, errno.EDQUOT}


def told(error: Exception) -> str:
    """Quotes nothing that may come from a report."""
    if isinstance(error, KioskError):
        return str(error)
    if is_of_sqlite(error):
        return f"La base {sentence_of(error)}"
    if isinstance(error, OSError):
        return _of_system(error)
    return (
        f"Erreur imprévue du programme ({type(error).__name__}, {place_of(error)}). Notez cette ligne pour qui"
        f" entretient le programme, et voyez ce que dit kiosk check."
    )


def _of_system(error: OSError) -> str:
    what = error.strerror or type(error).__name__
    where = f"{error.filename} : {what}" if error.filename is not None else what
    if error.errno in FULL:
        return f"Le disque est plein ({where}). Libérez de la place, puis recommencez."
    return f"Un fichier ou un disque fait défaut ({where}). Vérifiez qu'il est là, et les droits, puis recommencez."
