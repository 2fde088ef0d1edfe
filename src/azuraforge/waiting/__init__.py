"""Requests that wait for a child process: bounded in number (``turns``), ended when the client leaves (``ending``).

The launcher's process imports ``ending``, so this module imports nothing.
"""
