"""Stand-ins that make the demo and the tests real over HTTP and SMTP, and a story to play on them. Loopback only."""
