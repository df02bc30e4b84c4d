#include "evaluation/report/demo_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "evaluation/report/axis.h"

namespace nudge::report {

namespace {

ModelView view_of(const Json& json, std::size_t index) {
  const std::string where = fmt::format("report.json, models[{}]", index);
  ModelView view{.name = get<std::string>(json, "name", where),
                 .kind = get_named<ModelKind>(json, "kind", where)};
  view.json = &json;
  view.kl_coef = number_in(json, "kl_coef", where);
  if (view.kind == ModelKind::sft) {
    view.label = "SFT";
    view.colour = "sft";
  } else if (view.kind == ModelKind::ppo) {
    require(view.kl_coef.has_value(), "{}: a ppo model needs its kl_coef.", where);
    view.label = *view.kl_coef == 0 ? "PPO, no leash" : "PPO, leash " + leash_text(*view.kl_coef);
  } else {
    view.label = get_or<std::string>(json, "label", view.name, where);
    view.colour = view.kind == ModelKind::online ? "k2" : "other";
  }
  return view;
}

// Spreads the ramp k0 (tightest) to k5 (slackest) over the PPO models, which stand in that order.
void colour_leashes(std::vector<ModelView>& models) {
  const auto count =
      std::count_if(models.begin(), models.end(), [](auto& m) { return m.kind == ModelKind::ppo; });
  static constexpr std::array<std::array<int, 6>, 6> kRamps{
      {{1}, {1, 5}, {1, 3, 5}, {0, 1, 3, 5}, {0, 1, 2, 3, 5}, {0, 1, 2, 3, 4, 5}}};
  std::size_t rank = 0;
  for (ModelView& model : models)
    if (model.kind == ModelKind::ppo)
      model.colour =
          fmt::format("k{}", count <= 6 ? kRamps[count - 1][rank++]
                                        : static_cast<int>(5 * rank++ / static_cast<std::size_t>(count - 1)));
}

int order_of(const ModelView& model) {
  return model.kind == ModelKind::sft ? 0 : model.kind == ModelKind::ppo ? 1 : 2;
}

const ModelView* best_by_gold(const std::vector<ModelView>& models) {
  const ModelView* best = nullptr;
  for (const ModelView& model : models) {
    const auto gold = model.interval("judge");
    if (model.kind == ModelKind::ppo && gold && (!best || gold->value > best->interval("judge")->value))
      best = &model;
  }
  return best;
}

}  // namespace

Interval read_interval(const Json& value, const std::string& where) {
  const auto number = [&](const char* key) {
    require(value.is_object() && value.contains(key), "{}: expected an interval {{value, low, high}}.",
            where);
    return number_in(value, key, where).value_or(std::numeric_limits<double>::quiet_NaN());
  };
  return {number("value"), number("low"), number("high")};
}

std::string percent_text(const Interval& share) {
  return fmt::format("{} [{}, {}]", percent_text(share.value), number_text(100 * share.low, 1),
                     number_text(100 * share.high, 1));
}

std::string number_text(const Interval& value, int decimals) {
  return fmt::format("{} [{}, {}]", number_text(value.value, decimals), number_text(value.low, decimals),
                     number_text(value.high, decimals));
}

std::string leash_text(double kl_coef) {
  const bool tenths = std::abs(10 * kl_coef - std::round(10 * kl_coef)) < 1e-9;
  return tenths ? number_text(kl_coef, 1) : fmt::format("{}", kl_coef);
}

std::optional<double> number_in(const Json& object, const std::string& key, const std::string& where) {
  if (!object.contains(key) || object.at(key).is_null()) return std::nullopt;
  return get<double>(object, key, where);
}

std::optional<Interval> interval_in(const Json& object, const std::string& key, const std::string& where) {
  if (!object.contains(key) || object.at(key).is_null()) return std::nullopt;
  return read_interval(object.at(key), where + ", " + key);
}

std::optional<Interval> ModelView::interval(const std::string& key) const {
  return interval_in(*json, key, "report.json, model " + name);
}

std::optional<Interval> ModelView::world(const std::string& key) const {
  const std::string where = "report.json, model " + name;
  return interval_in(get_or<Json>(*json, "world", Json::object(), where), key, where + ", world");
}

std::optional<double> ModelView::number(const std::string& key) const {
  return number_in(*json, key, "report.json, model " + name);
}

DemoReport::DemoReport(const Json& report) : json(report) {
  const Json list = get<Json>(report, "models", "report.json");
  require(list.is_array() && !list.empty(), "report.json: \"models\" must be a list of evaluated models.");
  for (std::size_t i = 0; i < list.size(); ++i) models.push_back(view_of(report.at("models")[i], i));
  std::stable_sort(models.begin(), models.end(), [](const ModelView& a, const ModelView& b) {
    if (order_of(a) != order_of(b)) return order_of(a) < order_of(b);
    return a.kl_coef.value_or(0) > b.kl_coef.value_or(0);
  });
  colour_leashes(models);
  require(models.front().kind == ModelKind::sft,
          "report.json: no model of kind \"sft\", which the others are compared with.");
  sft = &models.front();

  const auto wanted = get_or<double>(report, "leash", -1, "report.json");
  for (const ModelView& candidate : models)
    if (candidate.kind == ModelKind::ppo && candidate.kl_coef == wanted) leash = &candidate;
  if (!leash) leash = best_by_gold(models);
  for (const ModelView& candidate : models)
    if (candidate.kind == ModelKind::ppo && &candidate != leash) slack = &candidate;
  if (leash && slack && *slack->kl_coef > *leash->kl_coef) slack = nullptr;
}

const ModelView* DemoReport::model(const std::string& name) const {
  auto found = std::find_if(models.begin(), models.end(), [&](const ModelView& m) { return m.name == name; });
  return found == models.end() ? nullptr : &*found;
}

const Json* DemoReport::find(const char* key) const {
  auto found = json.find(key);
  return found == json.end() || found->is_null() || found->empty() ? nullptr : &*found;
}

}  // namespace nudge::report
