"""`manage.py doctor`: what is wrong with an installation, in sentences that say what to do."""
