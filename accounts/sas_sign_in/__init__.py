"""Sign-in through the SAS platform (V2): mozilla-django-oidc with what it leaves out.

arrival → middleware → views (request) → the provider → views (callback) → backend → provider, id_token → session.
"""
