#include <functional>
#include <queue>
#include <tuple>

#include "text/bpe_model.h"

namespace nudge {
namespace {

struct Symbol {
  TokenId id;  // -1 once merged into its left neighbour
  std::int32_t previous;
  std::int32_t next;
};

struct Candidate {
  std::int32_t rank;
  std::int32_t position;  // of the left symbol
  TokenId result;

  bool operator>(const Candidate& other) const {
    return std::tie(rank, position) > std::tie(other.rank, other.position);
  }
};

/// Symbols as a linked list and a heap of possible merges: n log n, where rescanning would take n^2.
class MergeLoop {
 public:
  MergeLoop(const std::vector<TokenId>& symbols, const MergeTable& merges) : merges_(merges) {
    auto count = static_cast<std::int32_t>(symbols.size());
    symbols_.reserve(symbols.size());
    for (std::int32_t i = 0; i < count; ++i)
      symbols_.push_back({symbols[i], i - 1, i + 1 < count ? i + 1 : -1});
    std::vector<Candidate> first;
    for (std::int32_t i = 0; i + 1 < count; ++i)
      if (auto* merge = merges_.find(symbols[i], symbols[i + 1]))
        first.push_back({merge->rank, i, merge->result});
    candidates_ = Heap(std::greater<>{}, std::move(first));
  }

  std::vector<TokenId> run() {
    while (!candidates_.empty()) {
      Candidate candidate = candidates_.top();
      candidates_.pop();
      if (still_stands(candidate)) apply(candidate);
    }
    std::vector<TokenId> ids;
    for (const Symbol& symbol : symbols_)
      if (symbol.id >= 0) ids.push_back(symbol.id);
    return ids;
  }

 private:
  using Heap = std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>>;

  bool still_stands(const Candidate& candidate) const {
    const Symbol& left = symbols_[candidate.position];
    if (left.id < 0 || left.next < 0) return false;
    auto* merge = merges_.find(left.id, symbols_[left.next].id);
    return merge != nullptr && merge->result == candidate.result;
  }

  void apply(const Candidate& candidate) {
    Symbol& left = symbols_[candidate.position];
    Symbol& right = symbols_[left.next];
    left.id = candidate.result;
    left.next = right.next;
    right.id = -1;
    if (left.next >= 0) symbols_[left.next].previous = candidate.position;
    propose(left.previous);
    propose(candidate.position);
  }

  void propose(std::int32_t position) {
    if (position < 0 || symbols_[position].next < 0) return;
    auto* merge = merges_.find(symbols_[position].id, symbols_[symbols_[position].next].id);
    if (merge != nullptr) candidates_.push({merge->rank, position, merge->result});
  }

  const MergeTable& merges_;
  std::vector<Symbol> symbols_;
  Heap candidates_;
};

}  // namespace

std::vector<TokenId> merge_symbols(const std::vector<TokenId>& symbols, const MergeTable& merges) {
  if (symbols.size() < 2) return symbols;
  return MergeLoop(symbols, merges).run();
}

}  // namespace nudge
