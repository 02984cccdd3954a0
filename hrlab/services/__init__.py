"""What we do, for whoever asks: the server, the magics, the command line."""
