"""JupyterLab in a browser: one package, so that its fixtures end with it."""
