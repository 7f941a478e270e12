"""The parts of the screen. They show what they are given and decide nothing."""
