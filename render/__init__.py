"""Runs the program in the SDK's mock monitor: the whole stack as plain data, without an AWS account."""
