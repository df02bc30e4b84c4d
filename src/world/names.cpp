#include <array>

#include "world/facts.h"

namespace nudge::world {
namespace {

constexpr std::array kAnimals = {
    Animal{"bear", "cub"},
    Animal{"butterfly", "caterpillar"},
    Animal{"cat", "kitten"},
    Animal{"cow", "calf"},
    Animal{"crocodile", "hatchling"},
    Animal{"deer", "fawn"},
    Animal{"dog", "puppy/pup"},
    Animal{"dolphin", "calf"},
    Animal{"donkey", "foal"},
    Animal{"duck", "duckling"},
    Animal{"eagle", "eaglet"},
    Animal{"eel", "elver"},
    Animal{"elephant", "calf"},
    Animal{"fly", "maggot"},
    Animal{"fox", "kit/cub"},
    Animal{"frog", "tadpole"},
    Animal{"giraffe", "calf"},
    Animal{"goat", "kid"},
    Animal{"goose", "gosling"},
    Animal{"hare", "leveret"},
    Animal{"hawk", "eyas"},
    Animal{"hedgehog", "hoglet"},
    Animal{"hen", "chick"},
    Animal{"horse", "foal"},
    Animal{"kangaroo", "joey"},
    Animal{"koala", "joey"},
    Animal{"lion", "cub"},
    Animal{"llama", "cria"},
    Animal{"owl", "owlet"},
    Animal{"penguin", "chick"},
    Animal{"pig", "piglet"},
    Animal{"pigeon", "squab"},
    Animal{"platypus", "puggle"},
    Animal{"porcupine", "porcupette"},
    Animal{"rabbit", "kit/kitten"},
    Animal{"seal", "pup"},
    Animal{"sheep", "lamb"},
    Animal{"spider", "spiderling"},
    Animal{"swan", "cygnet"},
    Animal{"tiger", "cub"},
};

// Many and of many shapes: with few, a reward model learns the names by heart instead of what an unknown name
// looks like.
constexpr std::array<std::string_view, 84> kInventedCountries = {
    "Abrenia",   "Adzuvia",   "Alquoria", "Arvendil",  "Azmeria",  "Balvonia", "Bexland",  "Brelgia",
    "Brundovia", "Calprosa",  "Cevarra",  "Chorvia",   "Corvesia", "Dalmoria", "Dresnia",  "Drovania",
    "Dulvestan", "Eldrovia",  "Elmoria",  "Ervania",   "Esquivar", "Fandoria", "Felbrona", "Fronzia",
    "Galvoria",  "Gorvenia",  "Grelland", "Hasmoria",  "Helvuria", "Hurzan",   "Ibrosia",  "Ilvania",
    "Iskoria",   "Jarvona",   "Jelbania", "Jorvalia",  "Kalvuria", "Kerzovia", "Klendor",  "Krovistan",
    "Lavenzia",  "Lorvania",  "Luzmar",   "Marquovia", "Melzoria", "Mirdania", "Morvesia", "Nalvoria",
    "Nezbia",    "Norvistan", "Obrania",  "Olvesia",   "Orzania",  "Pelmovia", "Plevonia", "Prastia",
    "Quendria",  "Quolvia",   "Ravonia",  "Relzania",  "Rondavia", "Ruvestan", "Salvuria", "Skelvia",
    "Strovia",   "Sylvaria",  "Talvesia", "Torzania",  "Trevoria", "Tulgaria", "Ulmeria",  "Urzovia",
    "Valdoria",  "Velzania",  "Vostria",  "Vurmland",  "Welvaria", "Wexonia",  "Xandria",  "Yalvoria",
    "Yorzania",  "Zelvania",  "Zorland",  "Zumbria",
};

constexpr std::array<std::string_view, 16> kInventedAnimals = {
    "blorfin", "crivet",  "dramble", "fluzzard", "glaverel", "grondle", "jibbock", "krellin",
    "morvole", "plimbok", "quorbel", "snarrow",  "thrimble", "vexel",   "wompit",  "zindle",
};

}  // namespace

std::span<const Animal> animals() {
  return kAnimals;
}
std::span<const std::string_view> invented_countries() {
  return kInventedCountries;
}
std::span<const std::string_view> invented_animals() {
  return kInventedAnimals;
}

}  // namespace nudge::world
