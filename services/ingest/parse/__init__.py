"""Mail as it came in, as the rest of the helpdesk can use it. Pure: no I/O, no clock, never raises (see `mail.parse_mail`)."""
