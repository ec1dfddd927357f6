"""The console's pages, one module each. `add` puts a page's addresses into the application."""
