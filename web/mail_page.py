"""Which mails has the demo's catcher kept?"""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from flask import Flask, abort, render_template

from web.app import day_and_time
from web.headers import send_headers

MOST = 200


def create_mail_page(folder: Path) -> Flask:
    """Build the small application that lists and shows the mails of a folder; it is part of the demo alone."""
    app = Flask("web")
    app.jinja_env.filters["moment"] = day_and_time
    send_headers(app, secure=False)

    @app.route("/")
    def inbox() -> str:
        paths = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime, reverse=True)[:MOST]
        return render_template("mail_catcher/inbox.html", mails=[(path.stem, _read(path)) for path in paths])

    @app.route("/<name>")
    def mail(name: str) -> str:
        path = next((path for path in folder.glob("*.eml") if path.stem == name), None)
        if path is None:
            abort(404)
        message = _read(path)
        return render_template("mail_catcher/mail.html", mail=message, text=message.get_content())

    return app


def _read(path: Path) -> EmailMessage:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101  # the default policy makes no other kind
    return message
