from hypothesis import settings

# Two cores are shared by all, and the first account read imports fhir.resources: no time limit per example.
settings.register_profile("shared-cores", deadline=None, print_blob=True)
settings.load_profile("shared-cores")
