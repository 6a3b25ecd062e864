import pytest
from itsdangerous import URLSafeTimedSerializer

from musicgen.classroom.attempts import (
    MOST_OF_ADDRESS,
    MOST_OF_BOTH,
    MOST_OF_NAME,
    WINDOW_S,
    Attempts,
)
from musicgen.classroom.roster import ClassStore
from musicgen.classroom.signing_in import SignIns
from musicgen.errors import ClassError


@pytest.fixture
def made(paths):
    """A class with two members: the store, and the codes by names."""
    store = ClassStore(paths)
    store.create("5b", "Ms Wu")
    return store, {one.member.name: one.code for one in store.add(["Anna", "Ben"])}


def test_name_and_code_sign_in_and_the_sign_says_who(made):
    store, codes = made
    sign_ins = SignIns(store)
    sign = sign_ins.sign_in("anna", codes["Anna"].upper(), "10.0.0.1")
    member = sign_ins.member_of(sign)
    assert member is not None and member.name == "Anna"
    assert codes["Anna"] not in sign and member.code.digest not in sign
    assert SignIns(store).member_of(sign) == member, "a server that was started anew knows it"


@pytest.mark.parametrize(
    ("name", "whose"), [("Anna", "Ben"), ("Ben", "Anna"), ("nobody", "Anna"), ("", "Anna")]
)
def test_the_code_of_another_opens_nothing_and_says_the_same_for_a_name_nobody_has(
    made, name, whose
):
    store, codes = made
    with pytest.raises(ClassError, match="do not fit together"):
        SignIns(store).sign_in(name, codes[whose], "10.0.0.1")


@pytest.mark.parametrize("sign", ["", "x", "a.b.c", "W10.x.y", "é", "x" * 10_000])
def test_what_nobody_signed_is_nobodys(made, sign):
    assert SignIns(made[0]).member_of(sign) is None


def test_a_sign_of_another_key_or_with_other_words_is_nobodys(made):
    store, codes = made
    sign_ins = SignIns(store)
    sign = sign_ins.sign_in("Anna", codes["Anna"], "a")
    stamp = store.read().get("Ben").code.stamp
    forged = URLSafeTimedSerializer(b"x" * 32, salt="musicgen-class").dumps(["ben", stamp, ""])
    assert sign_ins.member_of(forged) is None
    other = URLSafeTimedSerializer(store.key(), salt="something else").dumps(["ben", stamp, ""])
    assert sign_ins.member_of(other) is None
    said, signature = sign.rsplit(".", 1)
    for number, letter in enumerate(signature[:-1]):  # of the last letter not every bit counts
        changed = signature[:number] + ("A" if letter != "A" else "B") + signature[number + 1 :]
        assert sign_ins.member_of(f"{said}.{changed}") is None


def test_a_sign_ends_with_the_day_the_code_the_membership_and_signing_out(made, monkeypatch):
    store, codes = made
    sign_ins = SignIns(store)
    first, second = (sign_ins.sign_in("Anna", codes["Anna"], "a") for _ in range(2))
    sign_ins.sign_out(first)
    assert sign_ins.member_of(first) is None
    assert sign_ins.member_of(second), "signed in elsewhere"
    monkeypatch.setattr("musicgen.classroom.signing_in.LASTS_S", -1)
    assert SignIns(store).member_of(second) is None, "a day later"
    monkeypatch.undo()
    store.renew_code("Anna")
    assert sign_ins.member_of(second) is None
    ben = sign_ins.sign_in("Ben", codes["Ben"], "a")
    store.remove("Ben")
    assert sign_ins.member_of(ben) is None


def test_who_guesses_has_to_wait_and_others_need_not(made):
    store, codes = made
    now = [0.0]
    sign_ins = SignIns(store, Attempts(lambda: now[0]))
    for _ in range(MOST_OF_BOTH):
        with pytest.raises(ClassError, match="do not fit"):
            sign_ins.sign_in("Anna", "wrong", "10.0.0.66")
    with pytest.raises(ClassError, match="Try again in 5 min"):
        sign_ins.sign_in("Anna", codes["Anna"], "10.0.0.66")
    assert sign_ins.sign_in("Anna", codes["Anna"], "10.0.0.1"), "from where she sits"
    assert sign_ins.sign_in("Ben", codes["Ben"], "10.0.0.66"), "a class has one address"
    now[0] = WINDOW_S + 1
    assert sign_ins.sign_in("Anna", codes["Anna"], "10.0.0.66")


def test_many_addresses_do_not_help_with_a_name_nor_many_names_with_an_address():
    attempts = Attempts(lambda: 0.0)
    for number in range(MOST_OF_NAME):
        attempts.note("anna", f"10.0.0.{number}")
    assert attempts.wait_s("anna", "10.0.1.1") and not attempts.wait_s("ben", "10.0.1.1")
    for number in range(MOST_OF_ADDRESS):
        attempts.note(f"name {number}", "10.9.9.9")
    assert attempts.wait_s("ben", "10.9.9.9") and not attempts.wait_s("ben", "10.0.1.1")


def test_what_is_remembered_of_guessing_is_bounded(monkeypatch):
    monkeypatch.setattr("musicgen.classroom.attempts.MAX_KEPT", 30)
    attempts = Attempts(lambda: 0.0)
    for number in range(500):
        attempts.note(f"name {number}", f"address {number}")
    assert len(attempts._failed) <= 30


def test_an_account_of_the_school_is_one_members(paths):
    store = ClassStore(paths)
    store.create("5b", "Ms Wu")
    store.add(["Anna"], account="Anna@School.example")
    assert store.read().by_account(" anna@school.EXAMPLE ").name == "Anna"
    assert store.read().by_account("") is None, "those without one have none in common"
    with pytest.raises(ClassError, match="another member"):
        store.add(["Ben"], account="anna@school.example")
