from armillary.tasks.word_times import SaidWord, words_said


def test_words_begin_at_spaces():
    spans = [(0, 2), (2, 3), (4, 6), (6, 9)]
    assert words_said(["he", "llo", " wor", "ld"], spans, 0.5) == [
        SaidWord("hello", 0.0, 1.5),
        SaidWord("world", 2.0, 4.5),
    ]
    assert words_said(["a ", "b"], [(0, 1), (1, 2)], 1.0) == [
        SaidWord("a", 0.0, 1.0),
        SaidWord("b", 1.0, 2.0),
    ]
    assert words_said([], [], 1.0) == []


def test_a_chinese_character_is_a_word():
    spans = [(0, 1), (1, 3), (3, 4), (4, 5)]
    assert [word.word for word in words_said(["你", "好", "o", "k"], spans, 1.0)] == ["你", "好", "ok"]
