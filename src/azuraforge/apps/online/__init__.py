"""Learners for rows of any kind: linear models, trees and forests of River, and the baselines."""
