"""Waveshare's and TSN's sensors, whose packets begin and end with F5."""
