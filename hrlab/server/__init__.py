"""The Jupyter server extension: asks the services, and ignores who else does."""
