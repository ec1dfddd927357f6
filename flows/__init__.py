"""The Prefect flows: thin coats over the steps. The only folder that imports prefect."""
