"""Security headers of every response, on both doors. A view may set its own policy first."""

from flask import Flask, Response, request

# Permissions Policy: every feature that an attacker could make a page use is off.
FEATURES = (
    "accelerometer",
    "autoplay",
    "camera",
    "clipboard-read",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "publickey-credentials-create",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "storage-access",
    "usb",
    "xr-spatial-tracking",
)

STATIC_LIFETIME = 365 * 24 * 3600  # seconds; the URL of a versioned file changes with its content
UNVERSIONED_LIFETIME = 3600  # seconds


def content_security_policy(**changes: str) -> str:
    """``content_security_policy(frame_src="'self'")`` replaces or adds one directive."""
    directives = {
        "default_src": "'none'",
        "script_src": "'self'",
        "style_src": "'self'",
        "img_src": "'self'",
        "font_src": "'self'",
        "connect_src": "'self'",
        "form_action": "'self'",
        "base_uri": "'none'",
        "frame_ancestors": "'none'",
        **changes,
    }
    return "; ".join(f"{name.replace('_', '-')} {value}".strip() for name, value in directives.items())


def replace_policy(response: Response, **changes: str) -> Response:
    """For one response, e.g. ``sandbox=""`` for a frame with foreign HTML."""
    response.headers["Content-Security-Policy"] = content_security_policy(**changes)
    return response


def permissions_policy(*allowed: str) -> str:
    """``allowed``: features that this page itself may use."""
    return ", ".join(f"{feature}={'(self)' if feature in allowed else '()'}" for feature in FEATURES)


def install(app: Flask) -> None:
    app.after_request(_protect)


def _protect(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", content_security_policy())
    headers["X-Content-Type-Options"] = "nosniff"
    # Not no-referrer: browsers would then hide the origin of our own POSTs.
    headers.setdefault("Referrer-Policy", "same-origin")
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Embedder-Policy"] = "require-corp"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers.setdefault("Permissions-Policy", permissions_policy())
    headers["Cache-Control"] = _cache_control(response)
    if request.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def _cache_control(response: Response) -> str:
    if not request.path.startswith("/static/") or response.status_code >= 400:
        return "no-store"
    if "v" in request.args:
        return f"public, max-age={STATIC_LIFETIME}, immutable"
    return f"public, max-age={UNVERSIONED_LIFETIME}"
