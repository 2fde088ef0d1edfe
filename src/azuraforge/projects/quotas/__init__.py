"""Quotas of projects: limits that an administrator of the platform sets."""
