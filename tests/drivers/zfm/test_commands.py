from drivers.zfm import commands
from drivers.zfm.commands import COMMANDS, R307, R503, Product, profile_of


def test_models_are_told_by_their_parameters() -> None:
    assert profile_of(9, 1000) is R307
    assert profile_of(0, 200) is R503


def test_unknown_model_gets_a_cautious_profile() -> None:
    profile = profile_of(0x2EC8, 100)
    assert profile.model == "ZFM-2EC8"
    assert not profile.grow
    assert not profile.notepad
    assert commands.AURA_LED_CONFIG.code not in profile.commands


def test_dangerous_codes_are_in_no_table() -> None:
    assert not {0x1B, 0x31, 0x32} & COMMANDS.keys()


def test_every_code_that_counts_as_an_answer_has_a_meaning() -> None:
    for command in COMMANDS.values():
        assert command.answers <= commands.CONFIRMATIONS.keys()
        assert 0.5 <= command.deadline <= 3


def test_meaning_of_an_undocumented_code() -> None:
    assert commands.meaning(0x09) == "not in the library"
    assert commands.meaning(0x77) == "undocumented code"


def test_product_information_both_ways() -> None:
    product = Product("R503", "0011223344556677", (192, 192), 1536, 200)
    data = product.to_bytes()
    assert len(data) == commands.READ_PROD_INFO.reply
    assert Product.from_bytes(data) == product
