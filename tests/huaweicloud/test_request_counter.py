"""The requests of an operation are its own, whatever other threads send."""

import threading

from huaweicloud.transport.request_counter import count_request, counted


def test_a_block_counts_what_is_sent_within_it_and_blocks_around_it_count_it_too():
    count_request()
    with counted() as all_of_it:
        count_request()
        with counted() as part:
            count_request()
        count_request()
    count_request()

    assert (3, 1) == (all_of_it.requests, part.requests)


def test_threads_count_apart():
    def work(times: int, into: dict[int, int]) -> None:
        with counted() as count:
            for _ in range(times):
                count_request()
        into[times] = count.requests

    found: dict[int, int] = {}
    with counted() as here:
        threads = [threading.Thread(target=work, args=(times, found)) for times in (10, 1000)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert {10: 10, 1000: 1000} == found
    assert 0 == here.requests
