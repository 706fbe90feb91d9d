"""Who is there? Renewals, silence, sessions."""
