"""How fast are the pages and a morning of reminders on a nation of data? Run as ``python -m tests.bench``."""
