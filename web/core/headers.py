"""Headers of every answer: security policy and caching."""

from secrets import token_urlsafe

from flask import Flask, Response, g, request

FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "X-Frame-Options": "DENY",
    "X-XSS-Protection": "0",
    "X-Permitted-Cross-Domain-Policies": "none",
    "X-Robots-Tag": "noindex, nofollow",
}
POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; "
    "require-trusted-types-for 'script'"
)
DOWNLOAD_POLICY = "sandbox; default-src 'none'"
FRAMES = "; frame-src 'self'"
A_YEAR = "public, max-age=31536000, immutable"


def send_headers(app: Flask, *, secure: bool) -> None:
    app.before_request(_make_nonce)

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in FIXED.items():
            response.headers.setdefault(name, value)
        policy = POLICY.format(nonce=g.get("csp_nonce", token_urlsafe(16)))
        policy += FRAMES if g.get("shows_frames") else ""
        is_download = response.headers.get("Content-Disposition", "").startswith("attachment")
        response.headers.setdefault("Content-Security-Policy", DOWNLOAD_POLICY if is_download else policy)
        response.headers["Vary"] = "Cookie"
        lasting = request.endpoint == "static" and "v" in request.args and response.status_code == 200
        if "no-store" not in response.headers.get("Cache-Control", ""):  # else the view has said so, and more
            response.headers["Cache-Control"] = A_YEAR if lasting else "no-store"
        if secure:
            response.headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
        return response


def _make_nonce() -> None:
    g.csp_nonce = token_urlsafe(16)
    g.request_id = token_urlsafe(9)
