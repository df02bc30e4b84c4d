#include "preference/formats/clip.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/json.h"
#include "base/temporary_folder.h"
#include "preference/formats/import.h"

namespace nudge {
namespace {

std::string clip_of(const std::string& frames, const std::string& more = "") {
  return R"({"width":320,"height":200,"fps":20,"frames":)" + frames + more + "}";
}

void expect_fault(const std::string& content, const std::string& words) {
  EXPECT_NE(fault_of_clip(content).find(words), std::string::npos)
      << content << ": " << fault_of_clip(content);
}

constexpr const char* kCircle = R"({"shape":"circle","x":20,"y":20,"r":10})";

TEST(Clip, TakesEveryShape) {
  const std::string shapes =
      std::string("[[") + kCircle +
      R"(,{"shape":"rect","x":0,"y":0,"w":1,"h":2.5,"fill":"#fff","stroke":"red","width":2},)"
      R"({"shape":"line","points":[0,0,5,5]},{"shape":"polygon","points":[]},)"
      R"({"shape":"text","x":1,"y":1,"size":9,"text":"a"}],[]])";
  EXPECT_EQ(
      fault_of_clip(clip_of(shapes, R"(,"background":"#fff","scene":[{"shape":"line","points":[0,1]}])")),
      "");
}

TEST(Clip, NamesWhatIsWrong) {
  for (const char* content : {"", "null", "[]", "no json"}) expect_fault(content, "is no JSON object");
  expect_fault(R"({"width":0,"height":1,"fps":1,"frames":[[]]})", "a width and a height");
  expect_fault(R"({"width":1,"height":1,"fps":1e9,"frames":[[]]})", "fps");
  for (const char* frames : {"[]", "5", "null"}) expect_fault(clip_of(frames), "needs frames");
  expect_fault(clip_of("[5]"), "frame 1 that is no list");
  expect_fault(clip_of("[[null]]"), "frame 1 holds null where a shape belongs");
  expect_fault(clip_of(std::string("[[],[") + kCircle + R"(],[{"shape":"circle","x":1}]])"),
               "frame 3 holds a circle without a number \"y\"");
  expect_fault(clip_of(R"([[{"shape":"line"}]])"), "frame 1 holds a line without points");
  expect_fault(clip_of(R"([[{"shape":"line","points":[1]}]])"), "without points");
  expect_fault(clip_of(R"([[{"shape":"line","points":[1,"2"]}]])"), "without points");
  expect_fault(clip_of(R"([[{"shape":"star"}]])"), "the shape \"star\"");
  expect_fault(clip_of(R"([[{"shape":"text","x":1,"y":1,"size":9}]])"), "a text without its \"text\"");
  expect_fault(clip_of("[[]]", R"(,"scene":{})"), "scene that is no list");
  expect_fault(clip_of("[[]]", R"(,"scene":[7])"), "scene holds 7");
}

// The case malformed-clip: such a task came again and again, and could be neither skipped nor answered.
TEST(Clip, AMalformedOneIsLeftOutOfAnImport) {
  const auto record = [](const char* id, const std::string& clip) {
    const Json good = {{"content", clip_of(std::string("[[") + kCircle + "]]")}, {"media", "clip"}};
    return to_line({{"id", id},
                    {"prompt", {{"id", id}, {"messages", {{{"role", "user"}, {"content", "clip"}}}}}},
                    {"answers", {{{"content", clip}, {"media", "clip"}}, good}}}) +
           "\n";
  };
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "clips.jsonl";
  write_file(file, record("a", clip_of("[[]]")) + record("b", clip_of("[[null]]")));
  const Imported imported = import_file(file, {});
  EXPECT_EQ(imported.comparisons.size(), 1u);
  ASSERT_EQ(imported.left_out.size(), 1u);
  EXPECT_EQ(imported.left_out[0].what,
            "answer 1: its clip is malformed: its frame 1 holds null where a shape belongs");
  EXPECT_EQ(imported.left_out[0].first, 2u);
  EXPECT_EQ(imported.unit, "line");
}

}  // namespace
}  // namespace nudge
