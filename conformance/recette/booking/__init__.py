"""Who books in group 7, and for whom: a person at the terminal, or the book itself on the pages of our software."""
