from hypothesis import settings

# A busy machine is no failure, so examples have no deadline.
settings.register_profile("data", deadline=None, max_examples=40)
settings.load_profile("data")
