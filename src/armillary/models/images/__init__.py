"""Networks that draw images: a generator and its discriminator, and velocity fields for flow matching.

A caption or a class becomes a ``Conditioning`` (``conditioning``).  Adversarial: ``generator``,
``discriminator``, their losses in ``adversarial``, ``augmentation``.  Flow matching: ``flow`` (path, loss,
samplers), with ``diffusion_transformer`` or ``unet`` as the velocity.
"""
