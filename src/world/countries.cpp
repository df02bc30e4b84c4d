#include <array>

#include "world/facts.h"

// Capitals, continents, main languages and currencies as of 2026. Left out are countries whose capital or
// status is disputed or just changing, and those that bear the name of their capital.

namespace nudge::world {
namespace {

constexpr std::array kEurope = {
    Country{"Albania", "Tirana", "Europe", "Albanian", "lek"},
    Country{"Andorra", "Andorra la Vella", "Europe", "Catalan", "euro"},
    Country{"Austria", "Vienna", "Europe", "German", "euro"},
    Country{"Belarus", "Minsk", "Europe", "Russian/Belarusian", "ruble"},
    Country{"Belgium", "Brussels", "Europe", "Dutch/French/German", "euro"},
    Country{"Bulgaria", "Sofia", "Europe", "Bulgarian", "euro"},
    Country{"Croatia", "Zagreb", "Europe", "Croatian", "euro"},
    Country{"Cyprus", "Nicosia", "Europe/Asia", "Greek/Turkish", "euro"},
    Country{"the Czech Republic", "Prague", "Europe", "Czech", "koruna"},
    Country{"Denmark", "Copenhagen", "Europe", "Danish", "krone"},
    Country{"Estonia", "Tallinn", "Europe", "Estonian", "euro"},
    Country{"Finland", "Helsinki", "Europe", "Finnish/Swedish", "euro"},
    Country{"France", "Paris", "Europe", "French", "euro"},
    Country{"Germany", "Berlin", "Europe", "German", "euro"},
    Country{"Greece", "Athens", "Europe", "Greek", "euro"},
    Country{"Hungary", "Budapest", "Europe", "Hungarian", "forint"},
    Country{"Iceland", "Reykjavik", "Europe", "Icelandic", "krona"},
    Country{"Ireland", "Dublin", "Europe", "English/Irish", "euro"},
    Country{"Italy", "Rome", "Europe", "Italian", "euro"},
    Country{"Latvia", "Riga", "Europe", "Latvian", "euro"},
    Country{"Liechtenstein", "Vaduz", "Europe", "German", "franc"},
    Country{"Lithuania", "Vilnius", "Europe", "Lithuanian", "euro"},
    Country{"Malta", "Valletta", "Europe", "Maltese/English", "euro"},
    Country{"Montenegro", "Podgorica", "Europe", "Montenegrin/Serbian", "euro"},
    Country{"the Netherlands", "Amsterdam", "Europe", "Dutch", "euro"},
    Country{"North Macedonia", "Skopje", "Europe", "Macedonian/Albanian", "denar"},
    Country{"Norway", "Oslo", "Europe", "Norwegian", "krone"},
    Country{"Poland", "Warsaw", "Europe", "Polish", "zloty"},
    Country{"Portugal", "Lisbon", "Europe", "Portuguese", "euro"},
    Country{"Romania", "Bucharest", "Europe", "Romanian", "leu"},
    Country{"Russia", "Moscow", "Europe/Asia", "Russian", "ruble"},
    Country{"Serbia", "Belgrade", "Europe", "Serbian", "dinar"},
    Country{"Slovakia", "Bratislava", "Europe", "Slovak", "euro"},
    Country{"Slovenia", "Ljubljana", "Europe", "Slovenian/Slovene", "euro"},
    Country{"Spain", "Madrid", "Europe", "Spanish", "euro"},
    Country{"Sweden", "Stockholm", "Europe", "Swedish", "krona"},
    Country{"Switzerland", "Bern", "Europe", "German/French/Italian", "franc"},
    Country{"Ukraine", "Kyiv", "Europe", "Ukrainian", "hryvnia"},
    Country{"the United Kingdom", "London", "Europe", "English", "pound"},
};

constexpr std::array kAsia = {
    Country{"Afghanistan", "Kabul", "Asia", "Pashto/Dari", "afghani"},
    Country{"Armenia", "Yerevan", "Asia/Europe", "Armenian", "dram"},
    Country{"Azerbaijan", "Baku", "Asia/Europe", "Azerbaijani", "manat"},
    Country{"Bahrain", "Manama", "Asia", "Arabic", "dinar"},
    Country{"Bangladesh", "Dhaka", "Asia", "Bengali", "taka"},
    Country{"Cambodia", "Phnom Penh", "Asia", "Khmer", "riel"},
    Country{"China", "Beijing", "Asia", "Chinese/Mandarin", "yuan/renminbi"},
    Country{"Georgia", "Tbilisi", "Asia/Europe", "Georgian", "lari"},
    Country{"India", "New Delhi/Delhi", "Asia", "Hindi/English", "rupee"},
    Country{"Indonesia", "Jakarta", "Asia", "Indonesian", "rupiah"},
    Country{"Iran", "Tehran", "Asia", "Persian/Farsi", "rial"},
    Country{"Iraq", "Baghdad", "Asia", "Arabic/Kurdish", "dinar"},
    Country{"Japan", "Tokyo", "Asia", "Japanese", "yen"},
    Country{"Jordan", "Amman", "Asia", "Arabic", "dinar"},
    Country{"Kazakhstan", "Astana", "Asia/Europe", "Kazakh/Russian", "tenge"},
    Country{"Kuwait", "Kuwait City", "Asia", "Arabic", "dinar"},
    Country{"Laos", "Vientiane", "Asia", "Lao", "kip"},
    Country{"Lebanon", "Beirut", "Asia", "Arabic", "pound/lira"},
    Country{"Malaysia", "Kuala Lumpur", "Asia", "Malay", "ringgit"},
    Country{"Mongolia", "Ulaanbaatar", "Asia", "Mongolian", "tugrik"},
    Country{"Myanmar", "Naypyidaw", "Asia", "Burmese", "kyat"},
    Country{"Nepal", "Kathmandu", "Asia", "Nepali", "rupee"},
    Country{"North Korea", "Pyongyang", "Asia", "Korean", "won"},
    Country{"Oman", "Muscat", "Asia", "Arabic", "rial"},
    Country{"Pakistan", "Islamabad", "Asia", "Urdu/English", "rupee"},
    Country{"the Philippines", "Manila", "Asia", "Filipino/Tagalog/English", "peso"},
    Country{"Qatar", "Doha", "Asia", "Arabic", "riyal"},
    Country{"Saudi Arabia", "Riyadh", "Asia", "Arabic", "riyal"},
    Country{"South Korea", "Seoul", "Asia", "Korean", "won"},
    Country{"Syria", "Damascus", "Asia", "Arabic", "pound"},
    Country{"Tajikistan", "Dushanbe", "Asia", "Tajik", "somoni"},
    Country{"Thailand", "Bangkok", "Asia", "Thai", "baht"},
    Country{"Turkey", "Ankara", "Asia/Europe", "Turkish", "lira"},
    Country{"Turkmenistan", "Ashgabat", "Asia", "Turkmen", "manat"},
    Country{"the United Arab Emirates", "Abu Dhabi", "Asia", "Arabic", "dirham"},
    Country{"Uzbekistan", "Tashkent", "Asia", "Uzbek", "som"},
    Country{"Vietnam", "Hanoi", "Asia", "Vietnamese", "dong"},
    Country{"Yemen", "Sanaa", "Asia", "Arabic", "rial"},
};

constexpr std::array kAfrica = {
    Country{"Algeria", "Algiers", "Africa", "Arabic", "dinar"},
    Country{"Angola", "Luanda", "Africa", "Portuguese", "kwanza"},
    Country{"Benin", "Porto-Novo", "Africa", "French", "franc"},
    Country{"Botswana", "Gaborone", "Africa", "Tswana/Setswana/English", "pula"},
    Country{"Burkina Faso", "Ouagadougou", "Africa", "French/Mossi", "franc"},
    Country{"Burundi", "Gitega", "Africa", "Kirundi/French", "franc"},
    Country{"Cameroon", "Yaounde", "Africa", "French/English", "franc"},
    Country{"Chad", "N'Djamena", "Africa", "French/Arabic", "franc"},
    Country{"DR Congo", "Kinshasa", "Africa", "French", "franc"},
    Country{"the Republic of the Congo", "Brazzaville", "Africa", "French", "franc"},
    Country{"Egypt", "Cairo", "Africa", "Arabic", "pound"},
    Country{"Ethiopia", "Addis Ababa", "Africa", "Amharic", "birr"},
    Country{"the Gambia", "Banjul", "Africa", "English", "dalasi"},
    Country{"Ghana", "Accra", "Africa", "English", "cedi"},
    Country{"Guinea", "Conakry", "Africa", "French", "franc"},
    Country{"Guinea-Bissau", "Bissau", "Africa", "Portuguese", "franc"},
    Country{"Ivory Coast", "Yamoussoukro", "Africa", "French", "franc"},
    Country{"Kenya", "Nairobi", "Africa", "Swahili/English", "shilling"},
    Country{"Lesotho", "Maseru", "Africa", "Sotho/Sesotho/English", "loti"},
    Country{"Liberia", "Monrovia", "Africa", "English", "dollar"},
    Country{"Libya", "Tripoli", "Africa", "Arabic", "dinar"},
    Country{"Madagascar", "Antananarivo", "Africa", "Malagasy/French", "ariary"},
    Country{"Malawi", "Lilongwe", "Africa", "Chichewa/Chewa/English", "kwacha"},
    Country{"Mali", "Bamako", "Africa", "French/Bambara", "franc"},
    Country{"Mauritania", "Nouakchott", "Africa", "Arabic", "ouguiya"},
    Country{"Mauritius", "Port Louis", "Africa", "Creole/English/French", "rupee"},
    Country{"Morocco", "Rabat", "Africa", "Arabic", "dirham"},
    Country{"Mozambique", "Maputo", "Africa", "Portuguese", "metical"},
    Country{"Namibia", "Windhoek", "Africa", "English", "dollar"},
    Country{"Niger", "Niamey", "Africa", "Hausa/French", "franc"},
    Country{"Nigeria", "Abuja", "Africa", "English", "naira"},
    Country{"Rwanda", "Kigali", "Africa", "Kinyarwanda/English/French", "franc"},
    Country{"Senegal", "Dakar", "Africa", "French/Wolof", "franc"},
    Country{"Sierra Leone", "Freetown", "Africa", "English/Krio", "leone"},
    Country{"Somalia", "Mogadishu", "Africa", "Somali", "shilling"},
    Country{"South Africa", "Pretoria/Cape Town/Bloemfontein", "Africa", "Zulu/Xhosa/Afrikaans/English",
            "rand"},
    Country{"South Sudan", "Juba", "Africa", "English", "pound"},
    Country{"Sudan", "Khartoum", "Africa", "Arabic", "pound"},
    Country{"Tanzania", "Dodoma", "Africa", "Swahili/English", "shilling"},
    Country{"Togo", "Lome", "Africa", "French", "franc"},
    Country{"Tunisia", "Tunis", "Africa", "Arabic", "dinar"},
    Country{"Uganda", "Kampala", "Africa", "English/Swahili", "shilling"},
    Country{"Zambia", "Lusaka", "Africa", "English", "kwacha"},
};

constexpr std::array kAmericas = {
    Country{"the Bahamas", "Nassau", "North America", "English", "dollar"},
    Country{"Barbados", "Bridgetown", "North America", "English", "dollar"},
    Country{"Canada", "Ottawa", "North America", "English/French", "dollar"},
    Country{"Costa Rica", "San Jose", "North America", "Spanish", "colon"},
    Country{"Cuba", "Havana", "North America", "Spanish", "peso"},
    Country{"the Dominican Republic", "Santo Domingo", "North America", "Spanish", "peso"},
    Country{"El Salvador", "San Salvador", "North America", "Spanish", "dollar"},
    Country{"Guatemala", "Guatemala City", "North America", "Spanish", "quetzal"},
    Country{"Haiti", "Port-au-Prince", "North America", "Creole/French", "gourde"},
    Country{"Honduras", "Tegucigalpa", "North America", "Spanish", "lempira"},
    Country{"Jamaica", "Kingston", "North America", "English", "dollar"},
    Country{"Mexico", "Mexico City", "North America", "Spanish", "peso"},
    Country{"Nicaragua", "Managua", "North America", "Spanish", "cordoba"},
    Country{"Panama", "Panama City", "North America", "Spanish", "balboa/dollar"},
    Country{"Saint Lucia", "Castries", "North America", "English", "dollar"},
    Country{"the United States", "Washington", "North America", "English", "dollar"},
    Country{"Argentina", "Buenos Aires", "South America", "Spanish", "peso"},
    Country{"Brazil", "Brasilia", "South America", "Portuguese", "real"},
    Country{"Chile", "Santiago", "South America", "Spanish", "peso"},
    Country{"Colombia", "Bogota", "South America", "Spanish", "peso"},
    Country{"Ecuador", "Quito", "South America", "Spanish", "dollar"},
    Country{"Guyana", "Georgetown", "South America", "English", "dollar"},
    Country{"Paraguay", "Asuncion", "South America", "Spanish/Guarani", "guarani"},
    Country{"Peru", "Lima", "South America", "Spanish", "sol"},
    Country{"Uruguay", "Montevideo", "South America", "Spanish", "peso"},
    Country{"Venezuela", "Caracas", "South America", "Spanish", "bolivar"},
};

constexpr std::array kOceania = {
    Country{"Australia", "Canberra", "Oceania", "English", "dollar"},
    Country{"Fiji", "Suva", "Oceania", "English/Fijian", "dollar"},
    Country{"New Zealand", "Wellington", "Oceania", "English", "dollar"},
    Country{"Papua New Guinea", "Port Moresby", "Oceania", "English/Tok Pisin", "kina"},
    Country{"Samoa", "Apia", "Oceania", "Samoan", "tala"},
    Country{"the Solomon Islands", "Honiara", "Oceania", "English", "dollar"},
    Country{"Tonga", "Nuku'alofa", "Oceania", "Tongan", "pa'anga"},
};

constexpr std::array kLeftOut = {
    Country{"Belize", "Belmopan", "North America", "English", "dollar"},
    Country{"Bhutan", "Thimphu", "Asia", "Dzongkha", "ngultrum"},
    Country{"Brunei", "Bandar Seri Begawan", "Asia", "Malay", "dollar"},
    Country{"Eritrea", "Asmara", "Africa", "Tigrinya/Arabic", "nakfa"},
    Country{"Gabon", "Libreville", "Africa", "French", "franc"},
    Country{"Kiribati", "Tarawa", "Oceania", "Gilbertese/English", "dollar"},
    Country{"Kyrgyzstan", "Bishkek", "Asia", "Kyrgyz/Russian", "som"},
    Country{"Moldova", "Chisinau", "Europe", "Romanian", "leu"},
    Country{"Palau", "Ngerulmud", "Oceania", "Palauan/English", "dollar"},
    Country{"Suriname", "Paramaribo", "South America", "Dutch", "dollar"},
    Country{"Tuvalu", "Funafuti", "Oceania", "Tuvaluan/English", "dollar"},
    Country{"Vanuatu", "Port Vila", "Oceania", "Bislama/English/French", "vatu"},
};

template <std::size_t... N>
constexpr auto joined(const std::array<Country, N>&... parts) {
  std::array<Country, (N + ...)> all{};
  std::size_t next = 0;
  ((
      [&] {
        for (const Country& country : parts) all[next++] = country;
      }(),
      ...));
  return all;
}

constexpr auto kCountries = joined(kEurope, kAsia, kAfrica, kAmericas, kOceania);

}  // namespace

std::span<const Country> countries() {
  return kCountries;
}
std::span<const Country> left_out_countries() {
  return kLeftOut;
}

}  // namespace nudge::world
