"""Built-in apps, which use only the engine and the plugin contract, like third-party packages."""
