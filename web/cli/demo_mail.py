"""The pages that show the mails of the demonstration."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from flask import Flask, Response, abort, make_response, render_template

from reviews.core.clock import moment_in_words
from web.core.headers import send_headers

MOST = 200
ONLY_STYLES = "default-src 'none'; style-src 'unsafe-inline'"


def create_mail_page(folder: Path) -> Flask:
    """Build the application that lists and shows the mails of a folder. Only the demonstration uses it."""
    app = Flask("web")
    app.jinja_env.filters["moment"] = moment_in_words
    send_headers(app, secure=False)

    @app.route("/")
    def inbox() -> str:
        paths = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime, reverse=True)[:MOST]
        return render_template("demo_mail/inbox.html", mails=[(path.stem, _read(path)) for path in paths])

    @app.route("/<name>")
    def mail(name: str) -> str:
        path = next((path for path in folder.glob("*.eml") if path.stem == name), None)
        if path is None:
            abort(404)
        message = _read(path)
        has_html = message.get_body(("html",)) is not None
        text = _part(message, "plain")
        return render_template("demo_mail/mail.html", mail=message, name=name, text=text, has_html=has_html)

    @app.route("/<name>/html")
    def html(name: str) -> Response:
        path = next((path for path in folder.glob("*.eml") if path.stem == name), None)
        if path is None:
            abort(404)
        answer = make_response(_part(_read(path), "html"))
        answer.headers["Content-Security-Policy"] = ONLY_STYLES
        return answer

    return app


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part else ""


def _read(path: Path) -> EmailMessage:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101  # the default policy makes no other kind
    return message
