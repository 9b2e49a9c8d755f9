"""Does an editor's software keep the SAS's rules? `profiles` checks resources, `recette` is the acceptance book.

Nothing here knows our product. Imports go down only: `conformance.recette > sandbox > conformance.profiles`, for the
simulator too checks what it receives against the official profiles.
"""
