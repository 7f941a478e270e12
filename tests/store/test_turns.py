import threading

from kiosk.store.turns import Turns


def test_turns_come_in_the_order_of_asking() -> None:
    turns, order = Turns(), list[int]()
    assert turns.take(1)

    def ask(number: int) -> None:
        assert turns.take(10)
        order.append(number)
        turns.pass_on()

    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=ask, args=(number,)))
        threads[-1].start()
        while len(turns._waiting) <= number:
            pass
    turns.pass_on()
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_whoever_lets_go_does_not_jump_the_queue() -> None:
    turns, greedy_done = Turns(), threading.Event()
    assert turns.take(1)
    waiting = threading.Thread(target=lambda: (turns.take(10), greedy_done.set()))
    waiting.start()
    while not turns._waiting:
        pass
    turns.pass_on()
    assert not turns.take(0.01)
    waiting.join()
    assert greedy_done.is_set()


def test_giving_up_leaves_the_queue_in_order() -> None:
    turns = Turns()
    assert turns.take(1)
    assert not turns.take(0.001)
    turns.pass_on()
    assert turns.take(0)
