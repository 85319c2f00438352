// SPDX-License-Identifier: Apache-2.0
//
// ByteQueue against the plainest queue there is, a std::string, under many small steps.
#include "ssl_engine/base/bytes.h"

#include <random>

#include "t/unit/unit.h"

namespace {

using namespace tlsplus;

START_TEST(text_and_octets_are_the_same_memory) {
  const std::string_view word("a\0\xff", 3);
  const ByteView octets = as_bytes(word);
  ck_assert_uint_eq(octets.size(), 3);
  ck_assert_uint_eq(octets[2], 0xff);
  ck_assert_ptr_eq(as_text(octets).data(), word.data());
  ck_assert(as_text({}).empty());
}
END_TEST

START_TEST(a_new_queue_has_no_memory) {
  ByteQueue queue;
  ck_assert(queue.empty());
  ck_assert_uint_eq(queue.capacity(), 0);
  queue.append({});
  ck_assert_uint_eq(queue.capacity(), 0);
  queue.release_if_empty();
}
END_TEST

START_TEST(what_goes_in_comes_out) {
  std::mt19937 random(20260101U + static_cast<unsigned>(_i));
  ByteQueue queue;
  std::string model;
  for (int step = 0; step < 2000; ++step) {
    const std::size_t amount = random() % (step % 100 == 0 ? 40000U : 300U);
    if (random() % 2 == 0) {
      const std::string piece(amount, static_cast<char>('a' + step % 26));
      if (random() % 2 == 0) {
        queue.append(as_bytes(piece));
      } else {
        const MutableByteView room = queue.prepare(amount);
        ck_assert_uint_ge(room.size(), amount);
        std::copy(piece.begin(), piece.end(), room.begin());
        queue.commit(amount);
      }
      model += piece;
    } else {
      const std::size_t used = std::min(amount, queue.size());
      queue.consume(used);
      model.erase(0, used);
    }
    ck_assert_uint_le(queue.size(), queue.capacity());
    ck_assert_msg(as_text(queue.view()) == model, "differs after step %d", step);
  }
}
END_TEST

START_TEST(a_steady_queue_does_not_grow) {
  ByteQueue queue;
  const std::string piece(1000, 'x');
  for (int step = 0; step < 10000; ++step) {
    queue.append(as_bytes(piece));
    if (step > 0) queue.consume(piece.size());
  }
  ck_assert_uint_eq(queue.size(), piece.size());
  ck_assert_uint_le(queue.capacity(), 8192);
}
END_TEST

START_TEST(memory_is_given_back_only_when_nothing_is_queued) {
  ByteQueue queue;
  queue.append(as_bytes("x"));
  queue.release_if_empty();
  ck_assert(as_text(queue.view()) == "x");
  queue.consume(1);
  ck_assert_uint_gt(queue.capacity(), 0);
  queue.release_if_empty();
  ck_assert_uint_eq(queue.capacity(), 0);
}
END_TEST

Suite* make_suite() {
  Suite* const suite = suite_create("bytes");
  TCase* const tests = tcase_create("bytes");
  tcase_add_test(tests, text_and_octets_are_the_same_memory);
  tcase_add_test(tests, a_new_queue_has_no_memory);
  tcase_add_loop_test(tests, what_goes_in_comes_out, 0, 5);
  tcase_add_test(tests, a_steady_queue_does_not_grow);
  tcase_add_test(tests, memory_is_given_back_only_when_nothing_is_queued);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(make_suite());
}
