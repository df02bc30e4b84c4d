#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace nudge {

/// One label that a rater gave to an item, all numbered from 0. A rater may label an item several times.
struct Labelling {
  std::size_t item = 0, rater = 0;
  int label = 0;
};

struct DawidSkeneOptions {
  std::int64_t iterations = 200;
  double tolerance = 1e-8;     // stops when no probability of an item moves further
  double pseudo_count = 0.01;  // added to every cell of the tables, so that few labels rule nothing out
};

/// What each item is, and how each rater errs, found together by expectation maximisation (Dawid and Skene
/// 1979, "Maximum likelihood estimation of observer error-rates using the EM algorithm", equations 2.3-2.5).
struct DawidSkene {
  std::vector<std::vector<double>> items;                   // P(label) of each item
  std::vector<double> shares;                               // of the true labels
  std::vector<std::vector<std::vector<double>>> confusion;  // rater x true label x label given
  std::int64_t iterations = 0;                              // that it took
};

/// Starts from the shares of the labels that each item got. Throws Error without any labelling, and for an
/// item without one: such items know nothing, and would pull the shares and so the raters towards themselves.
DawidSkene dawid_skene(std::span<const Labelling> labellings, std::size_t items, std::size_t raters,
                       std::size_t labels, const DawidSkeneOptions& options);

}  // namespace nudge
