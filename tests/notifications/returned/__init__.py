"""Mail that came back, in the shapes that mail servers give it."""

from pathlib import Path

HERE = Path(__file__).parent


def returned(shape: str, **values: str) -> bytes:
    """Give a mail with its placeholders filled in: `to`, `message_id`, `action` and `status`."""
    text = (HERE / f"{shape}.eml").read_text(encoding="utf-8")
    for name, value in {"action": "failed", "status": "5.1.1", **values}.items():
        text = text.replace("{" + name + "}", value)
    return text.replace("\n", "\r\n").encode()
