import io

import numpy as np
import pytest
from PIL import Image

from armillary.core.errors import DataError
from armillary.data.pictures import Picture, read_pictures

RNG = np.random.default_rng(0)


def noise(height=6, width=6, channels=3):
    pixels = RNG.integers(0, 256, (height, width, channels), np.uint8)
    return Image.fromarray(pixels[..., 0] if channels == 1 else pixels)


def picture(image, form="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return Picture("row 1", buffer.getvalue())


def read(*images, **options):
    return read_pictures([picture(image) for image in images], **options)


def test_pictures_that_are_alike_are_left_as_they_are():
    images = [noise() for _ in range(3)]
    pixels, n_resized = read(*images)
    assert n_resized == 0
    assert all(np.array_equal(p, np.asarray(image)) for p, image in zip(pixels, images, strict=True))


def test_one_colour_picture_makes_all_colour_and_none_makes_all_grey():
    grey, colour = noise(channels=1), noise()
    assert [p.shape for p in read(grey, grey)[0]] == [(6, 6, 1)] * 2
    assert [p.shape for p in read(grey, colour)[0]] == [(6, 6, 3)] * 2
    assert read(colour, colour="grey")[0][0].shape == (6, 6, 1)
    assert read(grey, colour="rgb")[0][0].shape == (6, 6, 3)


def test_pictures_that_differ_become_squares_of_the_median_side():
    pixels, n_resized = read(noise(10, 20), noise(12, 12), noise(40, 14))
    assert {p.shape for p in pixels} == {(12, 12, 3)}
    assert n_resized == 2
    assert read(noise(10, 20), size=5)[0][0].shape == (5, 5, 3)
    assert read(noise(300, 300), noise(300, 300))[0][0].shape == (128, 128, 3)


def test_resizing_crops_about_the_centre_and_does_not_stretch():
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 255
    ((pixels,), _) = read(Image.fromarray(wide), size=10)
    assert pixels.min() == 255


def test_a_photo_on_its_side_is_turned_upright():
    upright = noise(4, 8)
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by 90 degrees clockwise
    turned = picture(upright.transpose(Image.Transpose.ROTATE_90), exif=exif)
    ((first, second), n_resized) = read_pictures([turned, picture(upright)])
    assert np.array_equal(first, second)
    assert first.shape == (4, 8, 3)
    assert n_resized == 0


def test_transparent_places_are_white_and_palettes_are_colour():
    clear = Image.fromarray(np.zeros((4, 4, 4), np.uint8))
    assert read(clear)[0][0].min() == 255
    assert read(noise().quantize(8))[0][0].shape == (6, 6, 3)


def test_sixteen_bits_are_scaled_and_not_cut():
    ramp = np.linspace(0, 65535, 36).astype(np.uint16).reshape(6, 6)
    ((pixels,), _) = read(Image.fromarray(ramp))
    assert pixels.shape == (6, 6, 1)
    assert np.abs(pixels[..., 0] - ramp / 257).max() <= 1


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM"])
def test_the_usual_forms_are_read(form):
    ((pixels,), _) = read_pictures([picture(noise(8, 8), form)])
    assert pixels.shape == (8, 8, 3)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "BMP", "WEBP", "TIFF", "PPM"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_a_truncated_picture_is_refused_by_name(form, share):
    whole = picture(noise(40, 40), form)
    cut = Picture("cats/7.png", whole.file[: int(share * len(whole.file))])
    with pytest.raises(DataError, match=r"cats/7\.png cannot be read as an image"):
        read_pictures([whole, cut])


@pytest.mark.parametrize("content", [b"", b"\0" * 100, "浑天仪".encode(), b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_refused_by_name(content):
    with pytest.raises(DataError, match="row 9 cannot be read as an image"):
        read_pictures([Picture("row 9", content)])


def test_a_picture_too_large_to_be_true_is_refused():
    header = b"P5 40000 40000 255\n"
    with pytest.raises(DataError, match=r"row 9 .*decompression bomb"):
        read_pictures([Picture("row 9", header)])
