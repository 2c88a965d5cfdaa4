import pytest

from armillary.core.errors import DataError
from armillary.data.decoding import read_lines, read_text


@pytest.fixture
def write(tmp_path):
    def at(data: bytes):
        path = tmp_path / "given.txt"
        path.write_bytes(data)
        return path

    return at


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        ("浑天仪\n".encode(), "utf-8", "浑天仪\n"),
        (b"\xef\xbb\xbfa\r\nb\rc", "utf-8", "a\nb\nc"),
        (b"\xef\xbb\xbfa", "UTF8", "a"),
        ("天\r\n".encode("gb18030"), "gbk", "天\n"),
        ("\ufeff天".encode("utf-16-le"), "utf-16", "天"),
        ("\ufeff天".encode("utf-16-be"), "utf-16-be", "天"),
        (b"", "utf-8", ""),
    ],
)
def test_text_comes_without_marks_and_carriage_returns(write, data, encoding, text):
    assert read_text(write(data), encoding) == text


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("first\n天地玄黄".encode("gb18030"), r"given\.txt: byte 0xcc at offset 6 \(line 2\).*=gb18030"),
        ("天\n".encode("utf-16"), r"byte 0xff at offset 0 \(line 1\).*=utf-16"),
        (b"a\nb\0c", r"given\.txt: a NUL at character 3 \(line 2\)"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", r"0x89 at offset 0.*leave the file out"),
    ],
)
def test_what_is_no_text_is_refused_at_its_place(write, data, says):
    with pytest.raises(DataError, match=says):
        read_text(write(data))


def test_a_wrong_name_of_an_encoding_gets_the_nearest(write):
    with pytest.raises(DataError, match="did you mean 'gb18030'"):
        read_text(write(b"a"), "gb1803")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.txt.*No such file"):
        read_text(tmp_path / "nowhere.txt")


def test_lines_end_where_line_feeds_are_and_nowhere_else(tmp_path):
    (tmp_path / "t").write_bytes("\ufeffa\rb\r\n\u2028c\n\nd".encode())
    assert read_lines(tmp_path / "t") == ["a\rb", "\u2028c", "", "d"]
    (tmp_path / "t").write_bytes(b"a\n\n")
    assert read_lines(tmp_path / "t") == ["a", ""]
    (tmp_path / "t").write_bytes(b"")
    assert read_lines(tmp_path / "t") == []
