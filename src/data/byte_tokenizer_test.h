#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "text/tokenizer.h"

namespace nudge {

/// One id a byte, special tokens behind, longest name first. What data/ promises holds for any
/// tokenizer.
class ByteTokenizer : public Tokenizer {
 public:
  ByteTokenizer(std::vector<std::string> specials, std::string eos, std::string chat_template,
                std::string bos = "", std::vector<TokenId> ends = {})
      : specials_(std::move(specials)),
        eos_(std::move(eos)),
        bos_(std::move(bos)),
        chat_template_(std::move(chat_template)),
        ends_(std::move(ends)) {
    if (const auto id = id_of(bos_)) frame_.before = {*id};
  }

  std::vector<TokenId> encode(std::string_view text) const override {
    std::vector<TokenId> ids;
    for (char c : text) ids.push_back(static_cast<unsigned char>(c));
    return ids;
  }
  RenderedIds encode_rendered(std::string_view text, std::string_view quote) const override {
    RenderedIds encoded;
    for (std::size_t i = 0; i < text.size();) {
      const bool quoted = !quote.empty() && text.substr(i).starts_with(quote);
      if (quoted) i += quote.size();
      std::size_t best = specials_.size();
      for (std::size_t s = 0; s < specials_.size(); ++s)
        if (text.substr(i).starts_with(specials_[s]) &&
            (best == specials_.size() || specials_[s].size() > specials_[best].size()))
          best = s;
      if (best < specials_.size() && !quoted) {
        encoded.specials.push_back({i, i + specials_[best].size(), encoded.ids.size()});
        encoded.ids.push_back(256 + static_cast<TokenId>(best));
        i += specials_[best].size();
      } else if (i < text.size()) {
        encoded.ids.push_back(static_cast<unsigned char>(text[i++]));
      }
    }
    return encoded;
  }
  /// As a post-processor that writes the bos token before a text.
  const TextFrame& frame() const override { return frame_; }
  std::string decode(std::span<const TokenId> ids, bool with_specials) const override {
    std::string text;
    for (TokenId id : ids)
      if (id < 256 || with_specials) text += token(id);
    return text;
  }
  std::int64_t vocab_size() const override { return 256 + static_cast<std::int64_t>(specials_.size()); }
  std::optional<TokenId> id_of(std::string_view name) const override {
    for (std::size_t s = 0; s < specials_.size(); ++s)
      if (specials_[s] == name) return 256 + static_cast<TokenId>(s);
    return std::nullopt;
  }
  std::string token(TokenId id) const override {
    return id < 256 ? std::string(1, static_cast<char>(id)) : specials_[static_cast<std::size_t>(id - 256)];
  }
  bool is_special(TokenId id) const override { return id >= 256; }
  std::optional<TokenId> bos() const override { return id_of(bos_); }
  std::optional<TokenId> eos() const override { return id_of(eos_); }
  std::optional<TokenId> pad() const override { return std::nullopt; }
  std::vector<TokenId> listed_ends() const override { return ends_; }
  const std::string& chat_template() const override { return chat_template_; }
  std::shared_ptr<const Tokenizer> with_chat(const std::string&, const std::string&) const override {
    throw std::logic_error("not needed in these tests");
  }
  std::shared_ptr<const Tokenizer> with_pad(TokenId) const override {
    throw std::logic_error("not needed in these tests");
  }
  const std::string& fingerprint() const override { return eos_; }
  void save(const std::filesystem::path&) const override {
    throw std::logic_error("not needed in these tests");
  }

 private:
  std::vector<std::string> specials_;
  std::string eos_, bos_, chat_template_;
  std::vector<TokenId> ends_;
  TextFrame frame_;
};

}  // namespace nudge
