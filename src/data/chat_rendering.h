#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "data/special_names.h"
#include "records/records.h"
#include "text/chat_template.h"

namespace nudge {

/// A conversation as a chat template writes it, the special names in its messages quoted.
class ChatRendering {
 public:
  /// Renders a list of messages, with or without the opening of the next answer, and with what the template
  /// is given beside them.
  using Render = std::function<ChatTemplate::Rendered(const Json& messages, bool add_generation_prompt,
                                                      const Json& arguments)>;

  /// `arguments` holds tools, documents and the like (template_arguments).
  ChatRendering(const std::vector<Message>& messages, Json arguments, const SpecialNames& specials,
                Render render);

  /// What stands before each special name that is no token; empty when no message holds any.
  const std::string& quote() const { return quote_; }
  /// The first `count` messages as text.
  std::string text(std::size_t count, bool add_generation_prompt) const;
  /// All messages, with what stands in the template's marks.
  ChatTemplate::Rendered marked() const { return render_(messages_, false, arguments_); }
  /// Where the calls of tools in a message are first to be seen in text(all, false), which is `whole`: the
  /// first byte that changes when their names and arguments change; 0 where the template refuses other ones.
  /// None where they are not written.
  std::optional<std::size_t> calls_in(std::size_t message, std::string_view whole) const;

  /// A place in a message whose content is a text: its first `offset` bytes.
  struct Place {
    std::size_t message, offset;
  };
  /// Where these places (in order) stand in text(all, false), which is `whole`; where a template trims, at
  /// the end of what it leaves; fewer where it leaves messages out. The template is asked once more, with a
  /// mark at each place.
  std::vector<std::size_t> find(const std::vector<Place>& places, std::string_view whole) const;

  /// An answer cut out of a rendering, to stand behind a prompt that the rendering does not begin with.
  struct CutAnswer {
    std::size_t begin;        // in the rendering
    std::string text;         // to the rendering's end
    std::size_t content_end;  // in `text`, of the first bytes of the content that were asked for
  };
  /// That of a message in text(all, false), which is `whole`, with the space before it unless the prompt ends
  /// with one; `content_end` is that of the first `content` bytes. None where the answer is not written, or
  /// calls of tools stand before its content.
  std::optional<CutAnswer> answer_behind(std::string_view prompt, std::size_t message, std::size_t content,
                                         const std::string& whole) const;

 private:
  const std::vector<Message>& source_;
  const SpecialNames& specials_;
  Render render_;
  Json messages_, arguments_;
  std::string quote_, mark_;
};

}  // namespace nudge
