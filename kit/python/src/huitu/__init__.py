"""A client of huitu: questions, whole lists, live answers, frames of lists, coverage and editions."""

from .client import Hub, HubError

__all__ = ["Hub", "HubError"]
__version__ = "0.1.0"
