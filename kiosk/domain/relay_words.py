"""Relay messages in the kiosk's own words that other modules look for."""

NO_SAFE_CIPHER = "the relay offers no cipher with forward secrecy, or none that is safe (smtp.ciphers can allow others)"
