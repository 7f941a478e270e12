"""The control socket: JSON-RPC 2.0, one object a line, on a unix socket. `server` runs in the daemon; everybody else is a client."""
