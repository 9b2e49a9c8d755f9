"""Operators' pages (French, under /exploitation/): deliveries to the SAS, reconciliation, the link's health, calls received.

They only read, except « Renvoyer » and « Essayer maintenant », and show no patient data: deliveries hold none.
"""
