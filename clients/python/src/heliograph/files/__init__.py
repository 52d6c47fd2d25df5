"""Files from peer to peer (docs/protocol.md §8)."""
