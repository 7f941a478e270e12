"""What emulated scanners share: synthetic fingers, a pseudo-terminal with its line's faults, and a control socket."""
