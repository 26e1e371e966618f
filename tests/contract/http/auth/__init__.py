"""The published contract of /auth: signing in, staying in, signing out."""
