"""Roughly what browser it is, in words."""

BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "Windows": "Windows",
    "Android": "Android",
    "iPhone": "an iPhone",
    "iPad": "an iPad",
    "CrOS": "ChromeOS",
    "Mac OS X": "a Mac",
    "Linux": "Linux",
}
"""Both from the most particular sign to the one that others send as well."""
UNKNOWN = "Another browser"


def browser_name(user_agent: str) -> str:
    """Give what its owner would know it by, such as `Firefox on Windows`; nothing else of it is stored."""
    browser = next((name for sign, name in BROWSERS.items() if sign in user_agent), UNKNOWN)
    system = next((name for sign, name in SYSTEMS.items() if sign in user_agent), "")
    return f"{browser} on {system}" if system else browser
