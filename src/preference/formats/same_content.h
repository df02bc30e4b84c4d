#pragma once

#include <string>

#include "records/comparison.h"

namespace nudge {

/// An id that depends on the prompt and the set of answers only: not on their order, nor on where they come
/// from. 24 hexadecimal digits of a SHA-256.
std::string content_id(const Comparison& comparison);

/// Writes a vote on `from` as one on `to`, which holds the same answers, all different, in another order.
void translate(Vote& vote, const Comparison& from, const Comparison& to);

}  // namespace nudge
