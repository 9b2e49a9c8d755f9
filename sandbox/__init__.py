"""A stand-in for the national SAS platform, for demonstrations and tests.

`sandbox.sas` plays the platform and knows no web framework, so that the acceptance book uses it too; `sandbox.web` is a
thin Flask layer over it. Nothing here imports the product: the two talk over HTTP and SMTP only.
"""
