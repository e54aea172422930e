"""What the kiosk notes of a relay in its own words, and looks for again."""

NO_SAFE_CIPHER = "the relay offers no cipher with forward secrecy, or none that is safe (smtp.ciphers can allow others)"
