"""What stands behind the ports. An adapter knows its own client library and never another adapter."""
