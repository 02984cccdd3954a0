"""Campaigns: the same analysis executed at several sizes, to measure how it scales."""
