#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "world/facts.h"

namespace nudge::world {

/// The wordings of one kind of fact. {S} stands for the subject, {V} for the value, {aV} for the value with
/// its article; for sums {A} and {B} stand for the two numbers.
struct Wordings {
  std::vector<std::string> questions;
  std::vector<std::string> answers;      // statements in which the subject comes first: what an answer says
  std::vector<std::string> value_first;  // further statements, for encyclopaedic text only
};
const Wordings& wordings(const std::string& kind);

/// A wording with its places filled, as a sentence of its own (first letter in upper case) or as the end of
/// one.
std::string fill(const std::string& wording, const Fact& fact, const std::string& value);
std::string fill_inside(std::string wording, const Fact& fact, const std::string& value);

std::string question(const Fact& fact, Stream& stream);
/// A statement that answers the question (the value need not be the right one).
std::string answer(const Fact& fact, const std::string& value, Stream& stream);
/// A true statement in any order of words.
std::string statement(const Fact& fact, Stream& stream);

/// Sentences that say nothing: what padding is made of.
const std::vector<std::string>& stock_sentences();
/// Ways of saying "I do not know".
const std::vector<std::string>& hedges();
/// Ways of agreeing with the asker, and of not agreeing.
const std::vector<std::string>& agreements();
const std::vector<std::string>& objections();

/// A value of the fact's kind that is not right: what a mistaken person would say.
std::string wrong_value(const Fact& fact, Stream& stream);

}  // namespace nudge::world
