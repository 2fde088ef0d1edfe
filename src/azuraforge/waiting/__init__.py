"""Bounded queues for requests that wait for a child process, and cancellation when the client disconnects.

``turns`` limits how many requests wait; ``ending`` stops their work. The launcher's process imports ``ending``, so
this module imports nothing.
"""
