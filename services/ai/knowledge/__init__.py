"""The desk's published articles, searchable by words and by meaning."""
