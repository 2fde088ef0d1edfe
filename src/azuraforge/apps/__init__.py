"""Built-in apps. They see only the engine and the plugin contract, as a stranger's package does."""
