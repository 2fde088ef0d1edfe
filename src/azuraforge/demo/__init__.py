"""A demo of the loop: a model that keeps learning, from the first row to the new champion.

``driving`` and ``telling`` drive a platform through the client, for the command line and for the child that the page's
button starts; ``service`` owns that child process.
"""
