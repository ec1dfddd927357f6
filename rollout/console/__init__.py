"""The web console: what a team looks at during the day. Reads only, on loopback, behind a token; every decision is asked of the steps."""
