"""What a user can ask for, one module per thing. Steps read through ports, let core decide, and act through ports."""
