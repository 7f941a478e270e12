import pytest

from drivers.zfm import commands
from drivers.zfm.commands import AS608, R305, R307, R308, R503, ZFM20, ZW101, Dialect, Product, profile_of, vocabulary


@pytest.mark.parametrize("profile", [ZFM20, AS608, R305, R307, R503, ZW101])
def test_models_are_told_by_dialect_and_parameters(profile: commands.Profile) -> None:
    assert profile_of(profile.dialect, profile.system_id, profile.capacity) is profile


def test_the_same_parameters_in_another_dialect_are_another_model() -> None:
    assert profile_of(Dialect.PLAIN, R503.system_id, R503.capacity) is not R503
    assert profile_of(Dialect.GROW, R307.system_id, R307.capacity) is not R307


def test_unknown_model_gets_a_cautious_profile() -> None:
    profile = profile_of(Dialect.SYNO, 0x2EC8, 100)
    assert (profile.model, profile.capacity) == ("SYNO-2EC8", 100)
    assert profile.blind_merge
    assert profile.image is None
    assert profile.buffers == 2
    assert not profile.one_buffer
    assert profile_of(Dialect.GROW, 0, 80).one_buffer


def test_what_a_model_lacks_is_not_among_its_commands() -> None:
    assert commands.READ_SYS_PARA.code not in R308.commands
    assert not ZFM20.notepad
    assert R307.notepad
    assert commands.AURA_LED_CONFIG.code in R503.commands
    assert commands.AURA_LED_CONFIG.code not in R307.commands


def test_dangerous_codes_are_in_no_table() -> None:
    for dialect in Dialect:
        assert not {0x1B, 0x31, 0x32} & vocabulary(dialect).keys()


def test_codes_that_collide_mean_what_the_dialect_says() -> None:
    assert vocabulary(Dialect.GROW)[0x3C] is commands.READ_PROD_INFO
    assert vocabulary(Dialect.SYNO)[0x3C] is commands.CONTROL_BLN
    assert 0x35 not in vocabulary(Dialect.SYNO)
    assert not {0x34, 0x35, 0x3C, 0x3D, 0x40} & vocabulary(Dialect.PLAIN).keys()


@pytest.mark.parametrize("dialect", Dialect)
def test_every_code_that_counts_as_an_answer_has_a_meaning(dialect: Dialect) -> None:
    for command in vocabulary(dialect).values():
        assert command.answers <= commands.CONFIRMATIONS.keys()
        assert 0.5 <= command.deadline <= 3


def test_what_works_on_buffers_is_marked() -> None:
    volatile = {command.name for command in vocabulary(Dialect.PLAIN).values() if command.volatile}
    assert volatile == {"Img2Tz", "Match", "Search", "RegModel", "Store", "UpChar", "UpImage"}


def test_meaning_of_an_undocumented_code() -> None:
    assert commands.meaning(0x09) == "not in the library"
    assert commands.meaning(0x77) == "undocumented code"


def test_product_information_both_ways() -> None:
    product = Product("R503", "0011223344556677", (192, 192), 1536, 200)
    data = product.to_bytes()
    assert len(data) == commands.READ_PROD_INFO.reply
    assert Product.from_bytes(data) == product
