"""Why can this file not be read at all?"""


class Unreadable(Exception):
    """The file is no tracker that can be read; the message is one sentence for the person who sent it."""
