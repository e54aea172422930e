"""What can be wrong with a kiosk, in words for the people on duty: what it means, and what they do about it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """``title`` is for a subject or a banner; all in French."""

    title: str
    what: str
    action: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """A problem that is there now, with its figures; ``detail`` may be empty."""

    problem: Problem
    detail: str = ""


PROBLEMS = {
    "forwarder": Problem(
        "envoi des courriels arrêté",
        "L'envoi des courriels est arrêté.",
        "Les signalements sont gardés. Faites redémarrer la borne par le service informatique.",
    ),
    "late": Problem(
        "courriels en attente",
        "Des courriels attendent depuis plus de 15 minutes.",
        "Prévenez le MSSI par téléphone ; les courriels partiront d'eux-mêmes dès que le relais répond.",
    ),
    "held": Problem(
        "courriels refusés par le relais",
        "Le relais a refusé définitivement des courriels.",
        "Lisez sa réponse sur la console, faites corriger la cause, puis : kiosk queue retry.",
    ),
    "relay_none": Problem(
        "aucun relais de messagerie",
        "Aucun relais de messagerie n'est configuré.",
        "Les signalements sont gardés, rien n'est envoyé. Prévenez le MSSI par téléphone et faites renseigner [smtp].",
    ),
    "relay_down": Problem(
        "relais de messagerie injoignable",
        "Le relais de messagerie n'est pas joignable.",
        "Les signalements sont gardés et partiront d'eux-mêmes dès son retour. Faites vérifier le réseau et le relais.",
    ),
    "relay_refused": Problem(
        "identifiants refusés par le relais",
        "Le relais de messagerie refuse nos identifiants.",
        "Les signalements sont gardés. Faites corriger nom ou mot de passe : l'envoi reprendra dans le quart d'heure.",
    ),
    "disk": Problem(
        "disque presque plein",
        "Le disque est presque plein.",
        "Faites libérer de l'espace avant que les signalements ne puissent plus être gardés.",
    ),
    "clock": Problem(
        "horloge en retard",
        "L'horloge de la borne a reculé.",
        "Faites-la remettre à l'heure (NTP).",
    ),
    "certificate": Problem(
        "certificat du relais bientôt expiré",
        "Le certificat du relais de messagerie expire bientôt.",
        "Faites-le renouveler : quand il aura expiré, plus aucun courriel ne partira.",
    ),
    "seal_broken": Problem(
        "certificat de chiffrement illisible",
        "Un certificat qui chiffre ou signe les courriels ne peut plus être lu.",
        "Remettez le fichier en place (kiosk check le nomme) ; jusque-là, des courriels partent sans leur contenu.",
    ),
    "seal_ended": Problem(
        "certificat de chiffrement expiré",
        "Un certificat qui chiffre ou signe les courriels a expiré.",
        "Les courriels restent chiffrés avec lui. Faites-le renouveler sans attendre et remplacez son fichier.",
    ),
    "seal_7": Problem(
        "certificat de chiffrement : moins de 7 jours",
        "Un certificat qui chiffre ou signe les courriels expire dans moins de 7 jours.",
        "Faites-le renouveler et remplacez son fichier.",
    ),
    "seal_30": Problem(
        "certificat de chiffrement : moins de 30 jours",
        "Un certificat qui chiffre ou signe les courriels expire dans moins de 30 jours.",
        "Faites-le renouveler et remplacez son fichier.",
    ),
    "seal_60": Problem(
        "certificat de chiffrement : moins de 60 jours",
        "Un certificat qui chiffre ou signe les courriels expire dans moins de 60 jours.",
        "Faites-le renouveler et remplacez son fichier.",
    ),
    "chain": Problem(
        "trace altérée",
        "La trace des actes a été modifiée ou endommagée.",
        "Ne touchez à rien : gardez une copie de la base, puis lancez kiosk verify avec un courriel conservé.",
    ),
    "audience": Problem(
        "destinataire sans adresse",
        "Un destinataire n'a pas d'adresse et ne peut pas être prévenu.",
        "Renseignez son adresse dans kiosk.toml, sous [[audiences]].",
    ),
}
