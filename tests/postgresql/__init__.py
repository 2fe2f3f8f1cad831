"""Django's PostgreSQL, emptied by DELETE: TRUNCATE makes files anew, a second for all tables."""
