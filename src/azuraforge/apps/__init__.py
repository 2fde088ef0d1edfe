"""Built-in apps. They use only the engine and the plugin contract, like a third party's package."""
