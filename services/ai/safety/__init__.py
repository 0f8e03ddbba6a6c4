"""What keeps a wrong or obedient model harmless: redaction going out, checks coming in."""
