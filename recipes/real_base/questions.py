"""Rewards that read an answer as a person would who only wanted to know: was the question answered, or carried on?

`answered`: the first sentence, which is not a question itself, holds the answer as a word. `asks_on`: the text holds another question.
`repeats`: the text holds the question that was asked. 1 or 0 each.
"""
import re
import unicodedata


def folded(text):
    """Words in small letters without accents, a space around each."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " " + " ".join(re.findall(r"\w+", plain.casefold())) + " "


def spoken(completion):
    return completion if isinstance(completion, str) else completion[-1]["content"]


def first_sentence(completion):
    """Up to the first full stop that ends a sentence, question or exclamation mark, or line."""
    return re.match(r".*?(?:[.!?](?=\s|$)|(?=\n)|$)", spoken(completion).lstrip(), re.S).group()


def answered(completions, answer, **columns):
    def right(sentence, answers):
        return not sentence.endswith("?") and any(folded(one) in folded(sentence) for one in answers)
    return [float(right(first_sentence(text), answers)) for text, answers in zip(completions, answer)]


def asks_on(completions, **columns):
    return [float("?" in spoken(text) or "Q:" in spoken(text)) for text in completions]


def repeats(completions, question, **columns):
    return [float(folded(asked) in folded(spoken(text))) for text, asked in zip(completions, question)]
