"""French usage errors and help pages: click has English texts only."""

import click

HELP = {
    "Show this message and exit.": "Affiche cette aide.",
    "[default: ": "[par défaut : ",
    "[required]": "[obligatoire]",
    "Commands": "Commandes",
}


class FrenchFormatter(click.HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix="Usage : ")

    def write_heading(self, heading: str) -> None:
        self.write(f"{'':>{self.current_indent}}{in_french(heading)} :\n")

    def write_dl(self, rows: list[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:  # type: ignore[override]
        super().write_dl([(name, in_french(words)) for name, words in rows], col_max, col_spacing)


click.Context.formatter_class = FrenchFormatter


def in_french(words: str) -> str:
    for english, french in HELP.items():
        words = words.replace(english, french)
    return words


def explain(error: click.UsageError) -> str:
    command = error.ctx.command_path if error.ctx else "kiosk"
    return f"kiosk : {_what(error)} Voyez : {command} --help"


def _what(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        return f"l'option {error.option_name} n'existe pas."
    if isinstance(error, click.MissingParameter):
        return f"il manque {_name(error)}."
    if isinstance(error, click.BadParameter):
        return f"la valeur de {_name(error)} ne convient pas."
    if isinstance(error, click.BadOptionUsage):
        return f"l'option {error.option_name} est mal employée."
    return "cette commande n'existe pas, ou un mot est de trop."


def _name(error: click.BadParameter) -> str:
    return error.param.get_error_hint(error.ctx).strip("'") if error.param and error.ctx else "un argument"
