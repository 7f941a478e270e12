"""A driver and an emulator for a made-up scanner that talks in lines of text."""
