"""Offline, on the CPU, without a language model: a router, rules, a search and verbatim sentences."""
