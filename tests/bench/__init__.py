"""How fast are pages, steps of cases and a morning of reminders on a nation of data? ``python -m tests.bench`` says."""
