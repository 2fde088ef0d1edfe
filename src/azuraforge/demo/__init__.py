"""A demo of the loop: a model keeps learning, from the first row until a new champion is promoted.

``driving`` and ``steps`` drive a platform through the client, for the command line and for the child process that the
dashboard's button starts; ``service`` manages that child process.
"""
