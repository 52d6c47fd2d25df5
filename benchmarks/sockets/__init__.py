"""What a socket costs a server: memory, connecting, relaying. Ours beside PeerServer."""
