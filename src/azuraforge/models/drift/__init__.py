"""Drift: do a version's inputs and answers still look like those it learned from?"""
