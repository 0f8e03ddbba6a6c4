"""`make bench-mail`: how well mail is read, on other projects' own test material, beside their libraries."""
