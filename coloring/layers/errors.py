"""What can go wrong with layers."""


class LayersError(Exception):
    """Layers that a format cannot hold; the message states the problem and the fix, in one line."""
