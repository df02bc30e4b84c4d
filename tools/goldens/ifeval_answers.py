"""Answers that try to follow, or to break, each of IFEval's instructions: what tools/goldens/ifeval.py has judged."""

import random

WORDS = (
    "river stone garden window letter morning winter bridge paper silver market singer doctor castle engine forest "
    "little quiet bright early heavy simple open round careful common walks brings keeps finds turns shows holds "
    "writes near under over behind between with without because when and but the a this that every some").split()
OPENERS = [
    "Mr. Brown", "Dr. Lee", "The U.S. team", "I", "We", "e.g. apples", "Ms. Gray", "Prof. White", "My friend", "Paris",
    "St. John", "NASA", "The EU", '"Quoted" text', "'Single' quotes", "Gen. Grant", "No. 5", "(Aside)", "etc.",
]
ENDS = [".", "!", "?", "...", '."', ".)", "?!", "", ".'", " .", ". ", "!!"]
LANGUAGES = {
    "en":
    "This is a plain answer in the language that most of us read every day, and it has enough words to be recognised.",
    "de":
    "Das ist eine einfache Antwort in der Sprache, die viele Menschen in Berlin und Wien jeden Tag sprechen und lesen.",
    "fr":
    "Voici une réponse simple dans la langue que beaucoup de gens parlent et lisent chaque jour à Paris et à Lyon.",
    "es": "Esta es una respuesta sencilla en el idioma que mucha gente habla y lee todos los días en Madrid y en Lima.",
    "it":
    "Questa è una risposta semplice nella lingua che molte persone parlano e leggono ogni giorno a Roma e a Milano.",
    "pt": "Esta é uma resposta simples na língua que muitas pessoas falam e leem todos os dias em Lisboa e no Brasil.",
    "ru": "Это простой ответ на языке, на котором многие люди говорят и читают каждый день в Москве и в Казани.", "ar":
    "هذه إجابة بسيطة باللغة التي يتحدث بها كثير من الناس ويقرؤونها كل يوم في القاهرة وفي بغداد.", "hi":
    "यह एक सरल उत्तर है उस भाषा में जिसे बहुत से लोग हर दिन दिल्ली और लखनऊ में बोलते और पढ़ते हैं।", "ja":
    "これは多くの人が毎日話したり読んだりしている言葉で書かれた簡単な答えです。東京でも大阪でも通じます。", "ko": "이것은 많은 사람들이 매일 말하고 읽는 언어로 쓴 간단한 대답입니다. 서울과 부산에서 통합니다.",
    "fi": "Tämä on yksinkertainen vastaus kielellä, jota monet ihmiset puhuvat ja lukevat joka päivä Helsingissä.",
    "vi": "Đây là một câu trả lời đơn giản bằng ngôn ngữ mà nhiều người nói và đọc mỗi ngày ở Hà Nội và Sài Gòn.", "sw":
    "Hili ni jibu rahisi katika lugha ambayo watu wengi huzungumza na kusoma kila siku mjini Nairobi na Dodoma.", "th":
    "นี่คือคำตอบง่าย ๆ ในภาษาที่คนจำนวนมากพูดและอ่านทุกวันในกรุงเทพและเชียงใหม่", "bg":
    "Това е прост отговор на езика, на който много хора говорят и четат всеки ден в София и във Варна.", "te":
    "ఇది చాలా మంది ప్రజలు ప్రతిరోజూ హైదరాబాద్‌లో మాట్లాడే మరియు చదివే భాషలో ఒక సరళమైన సమాధానం.",
}
ODD = [
    "", " ", "\n", "12345", "...", "***", "******", "-", "*", "[]", "<<>>", '"', '""', "{}", "null", "\u00a0", "é", "ß",
    "İ", "…", "👍", "```\n```", "<< >>", "p.s.", "А", "1. 2. 3.", "ǅ", "Ⅷ", "ⓐ", "中文。", "\t\r\n",
]


class Draw(random.Random):
    def words(self, least, most):
        return " ".join(self.choice(WORDS) for _ in range(self.randint(least, most)))

    def sentence(self):
        start = self.choice(OPENERS) + " " if self.random() < 0.4 else ""
        text = start + self.words(2, 9)
        if self.random() < 0.2:
            text = text.replace(" ", self.choice([", ", " - ", "; ", " (so) ", " 3.5 ", " a.m. ", " vs. "]), 1)
        return (text[0].upper() + text[1:] if self.random() < 0.85 else text) + self.choice(ENDS)

    def sentences(self, least, most):
        return " ".join(self.sentence() for _ in range(self.randint(least, most)))

    def cased(self, text):
        return self.choice([text, text, text.upper(), text.lower(), text.title(), text.swapcase()])

    def spoiled(self, text):
        """Now and then something around or within it."""
        for _ in range(self.choice([0, 0, 0, 1, 1, 2])):
            place = self.choice([0, len(text), self.randint(0, len(text))])
            text = text[:place] + self.choice(ODD + [" ", "\n", "\n\n", ", ", "*", '"', "'", ". "]) + text[place:]
        return text

    def relation(self):
        return self.choice(["at least", "less than"])

    def language(self):
        code = self.choice(list(LANGUAGES))
        return code, LANGUAGES[code]


def keywords(draw):
    pool = WORDS[:30] + ["p.m.", "a b", "two-fold", "c", "É", "über"]
    chosen = draw.sample(pool, draw.randint(1, 3))
    text = draw.sentences(1, 3)
    for word in chosen:
        if draw.random() < 0.7:
            word = draw.cased(word)
            word = draw.choice([word, word + "s", word.replace(".", "x"), "un" + word, f"({word})", word + "'s"])
            text += draw.choice([" ", " ", "", "-", "\n"]) + word
    return chosen, text


def existence(draw):
    chosen, text = keywords(draw)
    return {"keywords": chosen}, text


def forbidden(draw):
    chosen, text = keywords(draw)
    return {"forbidden_words": chosen}, text


def frequency(draw):
    chosen, text = keywords(draw)
    word = chosen[0]
    text += "".join(draw.choice([" ", "", "\n", "."]) + draw.cased(word) for _ in range(draw.randint(0, 5)))
    return {"keyword": word, "frequency": draw.randint(1, 5), "relation": draw.relation()}, text


def letters(draw):
    letter = draw.choice("aeiqztQS")
    return ({"letter": letter, "let_frequency": draw.randint(1, 8), "let_relation":
             draw.relation()}, draw.cased(draw.sentences(0, 2)),
            )


def language(draw):
    code, text = draw.language()
    asked = draw.choice([code, code, code, draw.language()[0]])
    text = draw.choice([
        text, text,
        text.split(",")[0].split("。")[0], text + "\n\n" + text, "**" + text + "**", text + " " + draw.language()[1],
        draw.choice(ODD),
    ])
    return {"language": asked}, text


def english_case(upper):
    def made(draw):
        text = draw.choice([draw.sentences(1, 3), LANGUAGES["en"], draw.language()[1], draw.choice(ODD)])
        text = draw.choice([text.upper() if upper else text.lower()] * 4 + [text, text.title()])
        return {}, text

    return made


def sentences(draw):
    count = draw.randint(1, 6)
    text = draw.choice([
        draw.sentences(0, 7), "\n\n".join(draw.sentences(0, 3) for _ in range(2)),
        "\n".join(f"{i + 1}. {draw.sentence()}" for i in range(draw.randint(1, 4))),
        "\n".join(f"* {draw.sentence()}" for i in range(draw.randint(1, 4))),
        draw.language()[1] * 2,
    ])
    return {"num_sentences": count, "relation": draw.relation()}, text


def words(draw):
    count = draw.randint(1, 20)
    text = draw.choice(
        [draw.words(count - 1, count + 1),
         draw.sentences(1, 2),
         draw.language()[1], "don't well-known a_b 3.5 é " * 2])
    return {"num_words": count, "relation": draw.relation()}, text


def joined(draw, pieces, separators):
    text = pieces[0]
    for piece in pieces[1:]:
        text += draw.choice(separators) + piece
    return text


def paragraphs(draw):
    count = draw.randint(1, 4)
    pieces = [
        draw.choice([draw.sentence(), draw.sentence(), draw.sentence(), "", " "])
        for _ in range(count + draw.choice([-1, 0, 0, 0, 1, 2]) or 1)
    ]
    return {"num_paragraphs": count}, joined(draw, pieces,
                                             ["***", "\n***\n", "\n\n***\n\n", "\n\n", "\n***", "******", "* * *"])


def first_word(draw):
    count = draw.randint(1, 4)
    nth = draw.randint(1, count)
    word = draw.choice(WORDS[:20] + ["don't", "é"])
    pieces = [
        draw.choice([draw.sentence(), draw.sentence(), draw.sentence(), ""])
        for _ in range(count + draw.choice([0, 0, 0, 0, 1]))
    ]
    if draw.random() < 0.85:
        start = draw.choice([
            word,
            word.title(),
            word.upper(), f'"{word}"', f"'{word}'", word + ",", f"**{word}**", "''\"" + word, word + "\t",
        ])
        pieces[nth - 1] = start + draw.choice([" ", " ", "\u00a0", "\n"]) + pieces[nth - 1]
    return ({"num_paragraphs": count, "nth_paragraph": nth, "first_word":
             draw.choice([word,
                          word.upper()])}, joined(draw, pieces, ["\n\n"] * 6 + ["\n\n\n", "\n", "\n\n\n\n", "\n \n"]),
            )


def placeholders(draw):
    parts = ["[name]", "[]", "[a [b] c]", "[two\nlines]", "name]", "[name", "[x](y)", "[1]"]
    return {"num_placeholders":
            draw.randint(1, 4)}, draw.sentence() + " ".join(draw.choice(parts) for _ in range(draw.randint(0, 6)))


def postscript(draw):
    marker = draw.choice(["P.S.", "P.P.S", "P.S", "PS:"])
    written = draw.choice(
        ["P.S.", "P.S", "p.s.", "P. S.", "P.P.S", "P.P.S.", "P. P. S", "PS", "PS: ", "p.p.s. ", "P.  S."])
    return {"postscript_marker": marker}, draw.sentence() + draw.choice(
        ["\n\n", " ", "", "\n**"]) + written + draw.choice([" ", "", "\n"]) + draw.words(0, 4)


def bullets(draw):
    count = draw.randint(1, 4)
    marks = [
        "* ", "- ", "*", "-", "  * ", "\t- ", "** ", "**", "• ", "1. ", "+ ", "---", "***", "\n* ", "* *", "\u00a0* ",
        "\u2003- ",
    ]
    lines = [
        draw.choice(marks[:2] * 6 + marks) + draw.words(0, 3)
        for _ in range(max(0, count + draw.choice([-1, 0, 0, 0, 1])))
    ]
    return {"num_bullets": count}, "\n".join([draw.sentence(), *lines, draw.choice(["", draw.sentence()])])


def highlights(draw):
    parts = [
        "*one*", "**two**", "* one *", "** **", "***three***", "*a\nb*", "**", "*", "_one_", "*a* b*", "**a*b**",
        "*\u00a0*", "****",
    ]
    return {"num_highlights":
            draw.randint(1, 4)}, " ".join(draw.choice(parts + ["word"] * 3) for _ in range(draw.randint(0, 8)))


def sections(draw):
    name = draw.choice(["Section", "SECTION", "Day", "PARAGRAPH"])
    count = draw.randint(1, 4)
    heads = [
        f"{name} {{}}", f"{name}{{}}", f"{name.title()} {{}}", f"{name.upper()} {{}}", f"{name}  {{}}",
        f"**{name} {{}}**", f"{name}\n{{}}", f"{name} {{}}{{}}", f"{name} ٣", f"{name} One", f"sub{name} {{}}",
        f"{name}\u00a0{{}}",
    ]
    pieces = [
        draw.choice(heads[:1] * 6 + heads).replace("{}", str(i + 1)) + draw.choice(["\n", " ", ": ", ""]) +
        draw.sentence() for i in range(max(0, count + draw.choice([-1, 0, 0, 1])))
    ]
    return {"section_spliter": name, "num_sections": count}, joined(draw, ["", *pieces], ["\n\n", "\n", " ", ""])


def titles(draw):
    return ({},
            draw.choice([
                "<<poem of joy>>", "<<>>", "<< >>", "<<a\nb>>", "<a>", "<<<a>>>", "<<a>", "<<>>>", "<<<<>>>>", "<<é>>",
                "<<\u00a0>>", "<<a>> <<>>",
            ]) + "\n" + draw.sentence(),
            )


def constrained(draw):
    return {}, draw.choice([
        "My answer is yes.", "My answer is no.", "My answer is maybe.", "my answer is yes.", "My answer is yes",
        "My answer is  no.", "**My answer is maybe.**", "I say: My answer is no. Truly.",
    ])


def json_text(draw):
    values = [
        '{"a": 1}', "[]", "1", '"text"', "{'a': 1}", '{"a": 1,}', "NaN", "Infinity", "-Infinity", '{"a": NaN}', "true",
        "nul", "", '{"a": "line\nbreak"}', '{"a": "tab\\tx"}', '{"a": 1} extra', "01", "1.", "-0", "1e5", '{"é": "ü"}',
        "[1, 2", '{"a": 1, "a": 2}', '"\\ud800"', '"\\x"', "\ufeff{}", "[\u00a01]", '{"a":\t1}', '"\x7f"', "// c\n{}",
        "1e999", "[1]\n[2]", "\u00a0{}", "-", "{}\x0b",
    ]
    value = draw.choice(values)
    return {}, draw.choice([
        value, value, f"```json\n{value}\n```", f"```\n{value}\n```", f"```JSON\n{value}\n```", f"```Json{value}```",
        f"  ```json\n{value}\n```  ", f"```json\n{value}", f"Here:\n```json\n{value}\n```", f"```python\n{value}\n```",
        f"\u00a0{value}", f"````json\n{value}\n````",
    ])


def two_responses(draw):
    same = draw.sentence()
    pieces = [
        draw.choice([same, draw.sentence(), draw.sentence(), "", " "])
        for _ in range(draw.choice([1, 2, 2, 2, 2, 3, 4]))
    ]
    return {}, joined(draw, pieces, ["******", "\n******\n", " ****** ", "*****", "*******", "***", "************"])


def repeated(draw):
    prompt = draw.choice([
        draw.sentence(), " " + draw.sentence() + " ", "ÜBER " + draw.sentence(), "straße",
        draw.language()[1], "İstanbul",
    ])
    return ({"prompt_to_repeat": prompt},
            draw.choice([
                prompt,
                prompt.upper(),
                prompt.lower(),
                prompt.strip(),
                prompt.replace(" ", "  ", 1), '"' + prompt, "\n" + prompt, prompt[:-1], "Sure! " + prompt,
            ]) + draw.choice([" ", "\n", ""]) + draw.sentence(),
            )


def ends(draw):
    phrase = draw.choice([
        "Any other questions?", "Is there anything else I can help with?", "É finito.", " over ", '"the end"', "Straße",
    ])
    written = draw.choice([phrase, phrase.upper(), phrase.lower(), phrase.strip(), phrase[:-1]])
    return {"end_phrase": phrase
            }, draw.sentence() + " " + written + draw.choice(["", "", '"', " ", "\n", ".", '""', ' "', "'", "**", "”"])


def quotation(draw):
    text = draw.sentence()
    return {}, draw.choice([
        f'"{text}"', f'"{text}', f"“{text}”", f"'{text}'", f' "{text}"\n', f'""{text}""', '"', '""', f'"{text}".',
        f'\u00a0"{text}"', f'**"{text}"**', text,
    ])


def commas(draw):
    return {}, draw.choice([
        draw.sentences(1, 3),
        draw.words(2, 5),
        draw.words(2, 3) + "，" + draw.words(1, 2),
        draw.words(1, 3) + "," + draw.words(1, 2), "1,000", "a、b",
    ])


def capital_words(draw):
    parts = [
        "NASA", "U.S.", "U.S.A.", "I", "A", "WELL-KNOWN", "Well-Known", "IT'S", "DON'T", "CAN'T", "it's", "B2B", "4X",
        "ÉTÉ", "Été", "COVID-19", "AT&T", "R/D", "OK!", "(OK)", '"YES"', "I'M", "WE'LL", "cannot", "CANNOT", "GONNA",
        "$US", "USD5", "A.", "END.", "X,Y", "3RD", "HE/SHE", "BEST_OF", "#TAG", "@ME", "Ⅷ", "ΑΒΓ", "МОСКВА", "ß",
        "ETC.", "DR.", "**BOLD**", "*UP*", "A:B", "NO;", "…OK", "OK…", "--NO--", "A--B", "ROCK'N'ROLL", "'TIS",
        "JOHN'S", "JAMES'", "100%", "A=B", "<TAG>", "[X]", "{Y}", "HTTP://A.B", "N/A",
    ]
    text = " ".join(draw.choice(parts + ["word"] * 10)
                    for _ in range(draw.randint(1, 12))) + draw.choice(["", ".", "\n"])
    return {"capital_frequency": draw.randint(1, 6), "capital_relation": draw.relation()}, text


MAKERS = {
    "keywords:existence": existence, "keywords:forbidden_words": forbidden, "keywords:frequency": frequency,
    "keywords:letter_frequency": letters, "language:response_language": language, "change_case:english_capital":
    english_case(True), "change_case:english_lowercase": english_case(False), "change_case:capital_word_frequency":
    capital_words, "length_constraints:number_sentences": sentences, "length_constraints:number_words": words,
    "length_constraints:number_paragraphs": paragraphs, "length_constraints:nth_paragraph_first_word": first_word,
    "detectable_content:number_placeholders": placeholders, "detectable_content:postscript": postscript,
    "detectable_format:number_bullet_lists": bullets, "detectable_format:number_highlighted_sections": highlights,
    "detectable_format:multiple_sections": sections, "detectable_format:title": titles,
    "detectable_format:constrained_response": constrained, "detectable_format:json_format": json_text,
    "combination:two_responses": two_responses, "combination:repeat_prompt": repeated, "startend:end_checker": ends,
    "startend:quotation": quotation, "punctuation:no_comma": commas,
}
